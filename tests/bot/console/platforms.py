"""A house whose account is one on a sandbox of its own, for pages that ask the platform."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.console.rights import Role
from bot.sandbox.hosting import LocalSandbox
from bot.settings import DEVELOPMENT
from handlers import dispatch
from tests.bot.console.conftest import House
from tests.bot.console.sharing import shared


@contextmanager
def on_platform(folder: Path, database_url: str) -> Iterator[House]:
    """With a marketer (lin), an agent (mei) and somebody who only looks (wu)."""
    known = {"appid": DEVELOPMENT["APPID"], "appsecret": DEVELOPMENT["APPSECRET"]}
    with (
        LocalSandbox(**known) as sandbox,
        shared(House, folder, database_url, sandbox.url, dispatch) as found,
    ):
        for name, role in (("lin", Role.MARKETER), ("mei", Role.AGENT), ("wu", Role.VIEWER)):
            found.hire(name, role)
        yield found


def alert(answer) -> str:
    """What a page says went wrong."""
    return answer.text.partition('role="alert">')[2].partition("</div>")[0]
