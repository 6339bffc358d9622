"""`hongyan coupons till` and what shops tell: tills, redemption files, taking back."""

from __future__ import annotations

from pathlib import Path

import click
from tqdm import tqdm

from bot import coupon
from bot.cli import common
from bot.cli.common import account, as_json, show, table
from bot.cli.privacy import looked
from bot.coupon import tills
from bot.errors import Conflict
from bot.imports import redeeming
from bot.imports.sources import open_source
from bot.store import coupon_tills
from bot.store import coupons as store

_NUMBER = click.IntRange(1, 2**31 - 1)


@click.command()
@click.argument("shop")
@click.option("--days", type=click.IntRange(1, tills.LONGEST_DAYS), default=30, show_default=True)
@as_json
def till(shop: str, days: int, json_: bool) -> None:
    """Make a till of SHOP: a link for its staff, who look up and redeem coupons with it.

    Whoever has the link can redeem: give it to the shop alone, and revoke it when a phone is lost.
    """
    made, link = tills.open_till(account().id, shop, days, common.now(), common.settings().public)
    looked("till_make", till=made.id, shop=made.shop, days=days)
    show({**made.to_json(), "link": link}, json_, lambda: [f"till {made.id}: {link}"])


@click.command("tills")
@as_json
def list_(json_: bool) -> None:
    """The tills of all shops, the newest first, without their links."""
    rows = [one.to_json() for one in coupon_tills.of_account(account().id)]
    headings = {name: name for name in ("till", "shop", "until", "revoked_at", "held_at")}
    show({"tills": rows}, json_, lambda: table(rows, headings))


@click.command("till-revoke")
@click.argument("number", type=_NUMBER)
def revoke(number: int) -> None:
    """Close till NUMBER: its link opens nothing any more."""
    if not coupon_tills.revoke(account().id, number, common.now()):
        raise Conflict(f"till {number} was revoked before")
    looked("till_revoke", till=number)
    click.echo(f"till {number} is revoked")


@click.command()
@click.argument("code")
@click.option("--order", "order_number", default="", help="The order it was redeemed for.")
@as_json
def undo(code: str, order_number: str, json_: bool) -> None:
    """Take the redemption of CODE back: it is its follower's again, unused."""
    account_id = account().id
    found = store.find(code, account_id)
    done = coupon.undo_by_code(code, order_number, account_id, common.now(), within=coupon.ANY_TIME)
    looked("coupon_undo", found.follower_id if found else None, done=done)
    show({"undone": done}, json_, lambda: ["taken back" if done else "it is not redeemed"])


@click.command("redeem-file")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--shop", default="", help="The shop of rows that name none.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--rejects", type=click.Path(path_type=Path), help="Where rejected rows go.")
@click.option("--encoding", default="", help="Of a text file; else it is guessed.")
@as_json
def redeem_file(
    file: Path, shop: str, dry_run: bool, rejects: Path | None, encoding: str, json_: bool
) -> None:
    """Redeem the codes of FILE (CSV, XLSX, JSONL): 券码, 订单号, 实付 or 原价, 门店, 时间.

    Repeating it is harmless: a file that was cut off is simply given again.
    """
    source = open_source(file, encoding=encoding)
    out = redeeming.open_rejects(rejects or file.with_suffix(".rejects.csv"), source)
    try:
        with tqdm(unit="row", total=source.lines or None, disable=None) as bar:
            report = redeeming.redeem_file(
                account().id, source, common.now(), shop=shop, dry_run=dry_run,
                refuse=out.put, progress=bar.update,
            )  # fmt: skip
    finally:
        out.close()
    found = report.to_json()
    if not dry_run:
        counts = {name: found[name] for name in ("lines", "redeemed", "repeated", "rejected")}
        looked("redeem_file", **counts)
    lines = [
        *redeeming.lines_of(report),
        *([f"rejected rows: {out.path}"] if report.rejected else []),
    ]
    show(found, json_, lambda: lines)


COMMANDS = (till, list_, revoke, undo, redeem_file)
