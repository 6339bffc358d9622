"""`hongyan qrcode`: a QR code for each source 渠道码."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from bot.cli import common
from bot.cli.common import account, as_json, show, table
from bot.cli.privacy import actor, looked
from bot.errors import Conflict
from bot.qrcodes import making
from bot.store import code_days, qrcodes
from bot.store.qrcodes import Code


@click.group()
def qrcode() -> None:
    """带参二维码: create, list, renew, picture, archive."""


@qrcode.command()
@click.argument("scene")
@click.argument("name")
@click.option("--note", default="")
@click.option("--permanent", is_flag=True, help="One of the account's 100,000, for good.")
@click.option("--days", type=click.IntRange(1, making.LONGEST_DAYS), default=making.LONGEST_DAYS)
@as_json
def create(scene: str, name: str, note: str, permanent: bool, days: int, json_: bool) -> None:
    """Make a code whose scans are known by SCENE. Asked again for one that was not made, it is
    made now."""
    common.services()
    here, now = account(), common.now()
    client = common.services().client_of(here.id)
    try:
        code = making.add(here.id, scene, name, note, permanent, actor(), now)
    except Conflict:
        code = qrcodes.by_scene(here.id, scene)
        if code.ticket:
            raise
    code = making.make(code, client, now, days)
    looked("qrcode_make", code=code.id, scene=scene)
    show(_plain(code), json_, lambda: _lines([code], {}))


@qrcode.command("list")
@click.option("--archived", is_flag=True)
@click.option("--scene", default="", help="Only those that begin so.")
@click.option("--days", type=click.IntRange(1, 366), default=30, show_default=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@as_json
def list_(archived: bool, scene: str, days: int, limit: int, json_: bool) -> None:
    """Codes with their scans and new followers of the last days, the latest first."""
    common.services()
    here = account()
    found = qrcodes.listed(here.id, archived=archived, beginning=scene, limit=limit)
    today = common.now().astimezone(ZoneInfo(here.timezone)).date()
    since = today - timedelta(days=days - 1)
    sums = code_days.summed(here.id, [one.scene for one in found], since, today)
    rows = [{**_plain(one), "scans": s.scans, "joins": s.joins} for one in found
            for s in [sums.get(one.scene, code_days.SourceSums())]]  # fmt: skip
    show(rows, json_, lambda: _lines(found, sums))


@qrcode.command()
@click.argument("scene")
@click.option("--days", type=click.IntRange(1, making.LONGEST_DAYS), default=making.LONGEST_DAYS)
def renew(scene: str, days: int) -> None:
    """A new picture of a temporary code, good for so many days."""
    common.services()
    code = qrcodes.by_scene(account().id, scene)
    code = making.make(code, common.services().client_of(account().id), common.now(), days)
    looked("qrcode_make", code=code.id, scene=scene)
    click.echo(f"{scene}: good until {code.until:%Y-%m-%d %H:%M} UTC")


@qrcode.command()
@click.argument("scene")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def picture(scene: str, file: Path) -> None:
    """Draw a code into FILE (.svg or .png)."""
    import segno

    common.services()
    code = qrcodes.by_scene(account().id, scene)
    if not code.url:
        raise Conflict(f"the code {scene} is not made yet")
    segno.make(code.url, error="m", micro=False).save(str(file), scale=10, border=4)
    click.echo(f"written to {file}")


@qrcode.command()
@click.argument("scene")
@click.option("--back", is_flag=True, help="Into the list again.")
def archive(scene: str, back: bool) -> None:
    """Out of the list; its picture goes on working. One that was never made goes for good."""
    common.services()
    making.archive(qrcodes.by_scene(account().id, scene), common.now(), back=back)
    looked("qrcode_archive", scene=scene, back=back)
    click.echo(f"{scene}: {'back' if back else 'archived'}")


def _plain(code: Code) -> dict[str, Any]:
    return {
        "scene": code.scene,
        "name": code.name,
        "note": code.note,
        "permanent": code.lasting,
        "url": code.url,
        "until": code.until.isoformat() if code.until else None,
    }


def _lines(found: Iterable[Code], sums: dict[str, code_days.SourceSums]) -> Iterable[str]:
    nothing = code_days.SourceSums()
    rows = [
        {
            "scene": one.scene,
            "name": one.name,
            "until": "permanent" if one.lasting else f"{one.until:%Y-%m-%d}" if one.until else "-",
            "scans": sums.get(one.scene, nothing).scans,
            "joins": sums.get(one.scene, nothing).joins,
            "url": one.url or "not made yet",
        }
        for one in found
    ]
    names = ("scene", "name", "until", "scans", "joins", "url")
    return table(rows, dict(zip(names, names, strict=True)))
