"""`hongyan menu`: the menus below the chat, from a file to followers' phones and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click

from bot.cli import common
from bot.cli.common import account, as_json, in_words, show, table
from bot.cli.privacy import actor, looked
from bot.errors import InvalidInput
from bot.menus import checking, editing, publishing
from bot.menus.buttons import acting, cleaned, walk, written
from bot.menus.checking import Faulty
from bot.store import menus
from bot.store.menus import DEFAULT, MenuState

_slug = click.argument("slug", default=DEFAULT)


@click.group()
def menu() -> None:
    """自定义菜单: show, check, import, publish, compare, roll back, take back."""


@menu.command("list")
@as_json
def list_(json_: bool) -> None:
    """Every menu, for whom it is, and which version followers see."""
    common.services()
    found = menus.of_account(account().id)
    rows = [{"menu": one.slug, "title": one.title, "for": _rule(one.rule), "live": one.live or "-",
             "buttons": sum(1 for _ in acting(one.buttons))} for one in found]  # fmt: skip
    names = ("menu", "title", "for", "live", "buttons")
    show(rows, json_, lambda: table(rows, dict(zip(names, names, strict=True))))


@menu.command("show")
@_slug
@click.option("--version", "number", type=int, help="One that went out; else the draft.")
@as_json
def show_(slug: str, number: int | None, json_: bool) -> None:
    """The buttons of a draft or a version; with --json a file for `hongyan menu import`."""
    one = _menu(slug)
    buttons = menus.version(one.id, number).buttons if number else one.buttons
    show({"button": buttons}, json_, lambda: _lines(buttons))


@menu.command()
@_slug
@in_words
@as_json
def check(slug: str, lang: str, json_: bool) -> None:
    """What is wrong with a draft. Exit status 1 where it cannot go out."""
    one = _menu(slug)
    found = checking.faults(one.buttons, checking.known(account().id))
    shown = [{"level": f.level, "at": written(f.place), "why": f.said(lang)} for f in found]
    show(shown, json_, lambda: [f"{f['level']}: {f['why']}" for f in shown] or ["ok"])
    if any(one.level == checking.ERROR for one in found):
        raise SystemExit(1)


@menu.command("import")
@click.argument("file")
@_slug
@click.option("--title", default="", help="Of a new personalised menu.")
@click.option("--tag", default="", help="Whom a new personalised menu is for: the tag's number.")
@click.option("--phone", default="", help="1 iOS, 2 Android, 3 others.")
def import_(file: str, slug: str, title: str, tag: str, phone: str) -> None:
    """Put FILE ({"button": [...]}, YAML or JSON, - for standard input) into the draft."""
    common.services()
    buttons = cleaned(common.document(file).get("button"))
    now, here = common.now(), account().id
    if slug != DEFAULT and slug not in {one.slug for one in menus.of_account(here)}:
        rule = {"tag_id": tag, "client_platform_type": phone}
        editing.add(here, slug, title or slug, rule, now, buttons)
    else:
        editing.keep(editing.menu_of(here, slug, now), buttons, now)
    looked("menu_edit", menu=slug)
    click.echo(f"menu {slug}: {sum(1 for _ in acting(buttons))} buttons in the draft")


@menu.command()
@_slug
@in_words
def publish(slug: str, lang: str) -> None:
    """The draft to the platform: followers see it within minutes."""
    one = _menu(slug)
    try:
        sent = publishing.publish(one, _client(), actor(), common.now())
    except Faulty as error:
        raise InvalidInput("\n".join(f.said(lang) for f in error.faults)) from None
    looked("menu_publish", menu=slug, version=sent.number)
    click.echo(f"menu {slug}: version {sent.number} is live")


@menu.command()
@click.argument("number", type=int)
@_slug
def rollback(number: int, slug: str) -> None:
    """Version NUMBER again, as a new version; the draft stays."""
    sent = publishing.roll_back(_menu(slug), number, _client(), actor(), common.now())
    looked("menu_rollback", menu=slug, version=sent.number, of=number)
    click.echo(f"menu {slug}: version {sent.number} is live, as version {number} was")


@menu.command()
@_slug
@click.confirmation_option(prompt="Followers will see this menu no more. Sure?")
def delete(slug: str) -> None:
    """Take a menu from the platform; the default one takes all personalised ones along."""
    publishing.take_back(_menu(slug), _client())
    looked("menu_delete", menu=slug)
    click.echo(f"menu {slug}: taken back")


@menu.command()
@as_json
def compare(json_: bool) -> None:
    """What the platform shows beside what we published. Exit status 1 where they differ."""
    is_open, found = publishing.compare(account().id, _client())
    rows = [
        {
            "menu": one.slug or one.menuid,
            "state": one.state,
            "changes": "; ".join(" ".join(each) for each in one.changes),
        }
        for one in found
    ]
    names = ("menu", "state", "changes")
    value = {"open": is_open, "menus": rows}
    show(value, json_, lambda: table(rows, dict(zip(names, names, strict=True))))
    if any(one.state not in ("same", "unpublished") for one in found):
        raise SystemExit(1)


@menu.command()
@click.argument("number", type=int)
@_slug
def restore(number: int, slug: str) -> None:
    """Make version NUMBER the draft."""
    one, now = _menu(slug), common.now()
    editing.keep(one, menus.version(one.id, number).buttons, now)
    looked("menu_edit", menu=slug, version=number)
    click.echo(f"menu {slug}: the draft is version {number}")


def _menu(slug: str) -> MenuState:
    common.services()
    return menus.get(account().id, slug)


def _client() -> Any:
    return common.services().client_of(account().id)


def _rule(rule: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in rule.items()) or "everybody"


def _lines(buttons: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for place, one in walk(list(buttons)):
        what = "" if one.get("sub_button") else "  ".join(
            str(one[name]) for name in ("type", "key", "url", "appid", "pagepath", "media_id",
                                        "article_id") if one.get(name)
        )  # fmt: skip
        yield f"{'  ' * (len(place) - 1)}{written(place)}  {one['name']}  {what}".rstrip()
