"""`hongyan coupons`: batches, codes, stock, redemption."""

from __future__ import annotations

import json
from typing import Any

import click

from bot import coupon
from bot.cli import common
from bot.cli.common import account, as_json, document, show, table
from bot.cli.privacy import looked
from bot.errors import Conflict, NotFound
from bot.store import coupons as store
from bot.store import followers
from bot.values.audience import Skip


@click.group()
def coupons() -> None:
    """Coupon batches and their codes."""


@coupons.command()
@click.argument("file")
def create(file: str) -> None:
    """Create a batch from the JSON document FILE; its codes are made at once."""
    made = coupon.make_batch(account().id, document(file), common.now())
    click.echo(f"batch {made.slug}: {sum(store.stock(made.id).values())} codes")


@coupons.command("import")
@click.argument("batch")
@click.argument("file", type=click.File(encoding="utf-8-sig"))
def import_(batch: str, file: Any) -> None:
    """Add the codes of FILE, one a line, to BATCH; rejected lines go to stderr."""
    found = store.batch_by_slug(account().id, batch)

    def reject(one: coupon.Reject) -> None:
        click.echo(f"line {one.line}: {one.reason}", err=True)

    report = coupon.import_codes(found.id, file, reject)
    click.echo(f"added {report.added}, repeated {report.repeated}, rejected {report.rejected}")


@coupons.command()
@click.argument("batch")
@click.argument("follower_id", type=click.IntRange(1, 2**63 - 1))
def issue(batch: str, follower_id: int) -> None:
    """Give one code of BATCH to a follower, now."""
    batch_id = store.batch_by_slug(account().id, batch).id
    followers.get(follower_id)
    now = common.now()
    purpose = f"operator:{follower_id}:{now:%Y%m%dT%H%M%S%f}"
    given = store.issue_now(batch_id, follower_id, purpose, now)
    if isinstance(given, Skip):
        raise Conflict(f"not issued: {given.value}")
    store.record_issued([purpose], now)
    looked("coupon_issue", follower_id, batch=batch)
    click.echo(store.code_text(given.id))


@coupons.command()
@click.argument("code")
@click.option("--order", "order_number", default="", help="Order number; repeats are harmless.")
@click.option("--amount-fen", type=click.IntRange(0), default=0)
@as_json
def redeem(code: str, order_number: str, amount_fen: int, json_: bool) -> None:
    """Redeem CODE at the till."""
    result = coupon.redeem(
        code,
        order_number=order_number,
        amount_fen=amount_fen,
        now=common.now(),
        account_id=account().id,
    )
    looked("coupon_redeem", outcome=result.outcome)
    found = result.to_json()
    show(found, json_, lambda: [json.dumps(found, ensure_ascii=False)])
    if not result.ok:
        raise Conflict(f"not redeemed: {result.outcome}")


@coupons.command()
@as_json
def stock(json_: bool) -> None:
    """How many codes of each batch are in which state."""
    rows = [
        {"batch": batch.slug, "title": batch.title, **store.stock(batch.id)}
        for batch in store.batches(account().id)
    ]
    if not rows and not json_:
        raise NotFound("there is no batch yet: hongyan coupons create FILE")
    states = ("available", "reserved", "issued", "redeemed", "expired", "void")
    headings = {"batch": "batch", **{state: state for state in states}, "title": "title"}
    show({"batches": rows}, json_, lambda: table(rows, headings))
