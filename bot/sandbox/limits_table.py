"""How many calls of each path a day allows (接口调用额度说明). Pure."""

from __future__ import annotations

from dataclasses import dataclass

TIERS = (100_000, 1_000_000, 10_000_000)  # followers at which an account's limits rise


@dataclass(frozen=True, slots=True)
class Limit:
    """Calls a day. `test`: of a test number, None where none is published; `grows`: with tiers."""

    normal: int
    test: int | None = None
    grows: bool = False


LIMITS: dict[str, Limit] = {
    "/cgi-bin/token": Limit(2_000, 200),
    "/cgi-bin/stable_token": Limit(500_000),
    "/cgi-bin/menu/create": Limit(1_000, 100),
    "/cgi-bin/menu/get": Limit(10_000, 1_000),
    "/cgi-bin/menu/delete": Limit(1_000, 100),
    "/cgi-bin/menu/addconditional": Limit(2_000),
    "/cgi-bin/menu/delconditional": Limit(2_000),
    "/cgi-bin/menu/trymatch": Limit(20_000),
    "/cgi-bin/media/upload": Limit(100_000, 500, grows=True),
    "/cgi-bin/media/get": Limit(200_000, 1_000, grows=True),
    "/cgi-bin/media/uploadnews": Limit(10),
    "/cgi-bin/material/add_news": Limit(10),
    "/cgi-bin/material/update_news": Limit(10),
    "/cgi-bin/message/custom/send": Limit(500_000, 50_000, grows=True),
    "/cgi-bin/message/custom/typing": Limit(500_000, 50_000, grows=True),
    "/cgi-bin/message/mass/send": Limit(100),
    "/cgi-bin/message/mass/sendall": Limit(100),
    "/cgi-bin/message/mass/delete": Limit(10),
    "/cgi-bin/message/template/send": Limit(100_000, grows=True),
    "/cgi-bin/qrcode/create": Limit(100_000, 10_000, grows=True),
    "/cgi-bin/user/get": Limit(500, 100, grows=True),
    "/cgi-bin/user/info": Limit(5_000_000, 500_000, grows=True),
    "/cgi-bin/user/info/batchget": Limit(5_000_000, 500_000, grows=True),
    "/cgi-bin/user/info/updateremark": Limit(10_000),
    "/cgi-bin/draft/add": Limit(1_000),
    "/cgi-bin/draft/get": Limit(500),
    "/cgi-bin/draft/delete": Limit(1_000),
    "/cgi-bin/draft/update": Limit(1_000),
    "/cgi-bin/draft/count": Limit(1_000),
    "/cgi-bin/draft/batchget": Limit(1_000),
    "/cgi-bin/freepublish/submit": Limit(100),
    "/cgi-bin/freepublish/get": Limit(100),
    "/cgi-bin/freepublish/delete": Limit(10),
    "/cgi-bin/freepublish/getarticle": Limit(100),
    "/cgi-bin/freepublish/batchget": Limit(100),
}

# Calls that are counted together -> by whose name.
_TOGETHER = {"/cgi-bin/message/mass/sendall": "/cgi-bin/message/mass/send"}


def counter(path: str) -> str:
    """The name that calls of `path` are counted by: its own, or that of its group."""
    return _TOGETHER.get(path, path)


def daily_limit(path: str, kind: str, fans: int, growth: int, otherwise: int) -> int:
    """Calls of `path` that a day allows an account.

    growth     the factor by which a limit rises at each of TIERS
    otherwise  where the table has no row
    """
    row = LIMITS.get(path)
    if row is None:
        return otherwise
    if kind == "test":
        return row.normal if row.test is None else row.test
    reached = sum(fans >= tier for tier in TIERS)
    return row.normal * growth**reached if row.grows else row.normal
