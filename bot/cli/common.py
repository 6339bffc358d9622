"""What the commands share: settings, services, printing."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from bot import log
from bot.build import build, clock_of
from bot.clock import Clock
from bot.effect.tables import width
from bot.errors import InvalidInput, NotFound
from bot.profile.words import LANGUAGES
from bot.services import Services
from bot.settings import Settings
from bot.store.accounts import AccountState
from bot.talk.files import read_file

F = TypeVar("F", bound=Callable[..., Any])


@cache
def settings() -> Settings:
    """The settings of this process, with logging set up by them."""
    found = Settings.from_env(os.environ)
    # A command that ends by itself says its result; its log lines are for who asks for them.
    level = found.log_level if "HONGYAN_LOG_LEVEL" in os.environ else "warning"
    log.configure(level, found.log_format, found.secrets())
    return found


@cache
def services() -> Services:
    """The services, built on first use."""
    return build(settings())


@cache
def _clock() -> Clock:
    return clock_of(settings())


def now() -> datetime:
    """The present of this command: this machine's, or the sandbox's (CLOCK)."""
    return _clock()()


def account() -> AccountState:
    """The account `default`. Raises NotFound with the remedy."""
    try:
        return services().account_of("default")
    except NotFound:
        raise NotFound(
            "there is no account yet: set HONGYAN_APPID, HONGYAN_APPSECRET, HONGYAN_TOKEN and "
            "HONGYAN_AES_KEY, or point HONGYAN_WECHAT_API_URL at a sandbox"
        ) from None


def zone() -> ZoneInfo:
    """The account's: people read its clock, programs read UTC."""
    return ZoneInfo(account().timezone)


def in_words(command: F) -> F:
    """Give a command that speaks to people its --lang switch."""
    languages = click.Choice(LANGUAGES)
    return click.option("--lang", type=languages, default="zh", show_default=True)(command)


def as_json(command: F) -> F:
    """Give a reading command its --json switch."""
    return click.option("--json", "json_", is_flag=True, help="One JSON document on stdout.")(
        command
    )


def show(value: Any, json_: bool, lines: Callable[[], Iterable[str]]) -> None:
    """Print `value` as JSON, or its lines for people."""
    if json_:
        click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
        return
    for line in lines():
        click.echo(line)


def table(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> Iterable[str]:
    """Lines of a plain table; `columns` is key -> heading. A Chinese character takes two places."""
    cells = [[str(row.get(key, "")) for key in columns] for row in rows]
    widths = [max(map(width, column)) for column in zip(columns.values(), *cells, strict=True)]
    for line in ([*columns.values()], *cells):
        yield "  ".join(
            text + " " * (most - width(text)) for text, most in zip(line, widths, strict=True)
        ).rstrip()


def document(path: str) -> dict[str, Any]:
    """A document from a file (.yaml, .yml, else JSON), "-" for standard input. Raises InvalidInput,
    NotFound."""
    if Path(path).suffix.lower() in (".yaml", ".yml"):
        return _object(path, read_file(Path(path)))
    try:
        with click.open_file(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        raise NotFound(f"{Path(path).name}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{path}: is not UTF-8 text") from None
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False).encode()  # a lone surrogate has no UTF-8 form
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path}: not JSON: {error}") from None
    return _object(path, found)


def _object(path: str, found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise InvalidInput(f"{path}: the document is an object")
    return found
