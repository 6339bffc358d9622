"""`hongyan profiles picture` and `hongyan followers page`: one follower, to be looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from bot.cli import common
from bot.cli.common import account, as_json, show
from bot.cli.privacy import actor, looked
from bot.errors import NotFound
from bot.profile.charts import Chart, charts_of
from bot.profile.drawing import svg
from bot.profile.picture import Picture, picture_of
from bot.profile.reckoned import Reckoned, reckoned
from bot.profile.showing import page_link
from bot.profile.words import LANGUAGES, MARKETER, Words
from bot.segment.catalogue import titles
from bot.store import followers, pseudonyms

_BAR = 24


def follower_of(name: str) -> int:
    """The follower of the account whom an id or pseudonym names. Raises NotFound."""
    own = account().id  # opens the store, which knows pseudonyms
    plain = name.isascii() and name.isdecimal() and 0 < int(name) < 2**63
    found = int(name) if plain else pseudonyms.read(name)
    if found is None or followers.get(found).account_id != own:
        raise NotFound(f"there is no follower {name[:40]}")
    return found


@click.command()
@click.argument("follower")
@click.option("--svg", "file", type=click.Path(dir_okay=False), help="Draw it into this file.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="zh", show_default=True)
@as_json
def picture(follower: str, file: str | None, lang: str, json_: bool) -> None:
    """The picture of FOLLOWER (id or pseudonym): interests, rhythm, place, path. It is logged."""
    of = account()
    found = follower_of(follower)
    seen = picture_of(found, common.now())
    looked("show", found, what="picture")
    words = Words(lang, ZoneInfo(of.timezone), MARKETER)
    charts = charts_of(seen, words)
    if file:
        title = f"{words.t('title')} {pseudonyms.of(found)}"
        Path(file).write_text(svg(charts, title), encoding="utf-8")
    if json_ or not file:
        told = {"follower": pseudonyms.of(found), **seen.to_json()}
        show(told, json_, lambda: _lines(charts, words, reckoned(seen.told, words)))


def profile_lines(follower_id: int, seen: Picture, zone: ZoneInfo, lang: str) -> Iterator[str]:
    """All of a profile for people: what was told, what was counted, and the picture."""
    own = titles(followers.get(follower_id).account_id)
    told, words = seen.told, Words(lang, zone, MARKETER, own)
    yield f"{words.t('title')} {pseudonyms.of(follower_id)}"
    yield from _told(told, words)
    yield from _lines(charts_of(seen, words), words, reckoned(told, words))


def _told(told: Mapping[str, Any], w: Words) -> Iterator[str]:
    """Stage and last act; attributes, tags and counts, each under its heading."""
    yield w.t(f"stage.{told['stage']}")
    yield f"{w.t('fact.last')}: {_moment(told['last_seen'], w)}"
    tables = {
        "table.attributes": {
            w.attribute(name): f"{one['value']}  ({_moment(one['since'], w)})"
            for name, one in told["attributes"].items()
        },
        "table.tags": {
            tag: f"{w.t('source.' + one['source'])}  ({_moment(one['since'], w)}"
            f"{' – ' + _moment(one['until'], w) if one['until'] else ''})"
            for tag, one in told["tags"].items()
        },
        "what": {w.act(kind): str(count) for kind, count in told["counts"].items()},
    }
    for heading, rows in tables.items():
        if rows:
            yield ""
            yield w.t(heading)
            yield from (f"  {name}: {value}" for name, value in rows.items())


def _moment(iso: str | None, w: Words) -> str:
    return w.moment(None if iso is None else datetime.fromisoformat(iso))


def _lines(charts: tuple[Chart, ...], w: Words, also: list[Reckoned]) -> Iterator[str]:
    for chart in charts:
        yield ""
        yield chart.title
        most = chart.most or max(row.value for row in chart.rows) or 1
        for row in chart.rows:
            share = (row.value - chart.least) / (most - chart.least)
            yield f"  {row.label:<10} {'█' * round(_BAR * share):<{_BAR}} {row.words}"
    for _, title, stands, because in also:
        yield ""
        yield f"{title}: {stands}"
        if because:
            yield f"  {because}"
    if not charts and not also:
        yield w.t("none")


@click.command()
@click.argument("follower")
@click.option("--personal", is_flag=True, help="Show what he wrote, and what names him, too.")
@as_json
def page(follower: str, personal: bool, json_: bool) -> None:
    """A link to the page of FOLLOWER (id or pseudonym), for half an hour. Every look is logged."""
    found = follower_of(follower)
    link = page_link(common.settings().public, found, actor(), common.now(), personal)
    show(link.to_json(), json_, lambda: [link.url, f"open until {link.expires_at:%H:%M:%S} UTC"])
