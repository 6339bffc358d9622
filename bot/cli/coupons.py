"""`hongyan coupons`: batches, codes, stock, redemption."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from bot import coupon
from bot.cli import common, coupon_radar, coupon_tills, coupon_wallet
from bot.cli.common import account, as_json, document, in_words, show, table
from bot.cli.privacy import looked
from bot.content.batches import MOST_CODES
from bot.coupon import stocks, words
from bot.effect.tables import yuan
from bot.errors import Conflict, InvalidInput, NotFound
from bot.i18n import t
from bot.store import coupons as store
from bot.store import followers
from bot.store.coupons import Use
from bot.values.audience import Skip


@click.group()
def coupons() -> None:
    """Coupon batches and their codes."""


@coupons.command()
@click.argument("file")
def create(file: str) -> None:
    """Create a batch from the document FILE (JSON, YAML); its codes are made at once."""
    made = coupon.make_batch(account().id, document(file), common.now())
    looked("coupon_create", batch=made.slug)
    click.echo(f"batch {made.slug}: {sum(store.stock(made.id).values())} codes")


@coupons.command("show")
@click.argument("batch")
@as_json
def show_(batch: str, json_: bool) -> None:
    """The document of BATCH, as `create` takes it, and what it says in words."""
    of = store.batch_by_slug(account().id, batch)
    found = coupon.document_of(of)
    said = [of.title, words.in_one_line(of.terms), words.places(of.terms)]
    lines = ["，".join(part for part in said if part)]
    lines += [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in found.items()]
    show(found, json_, lambda: lines)


@coupons.command()
@click.argument("batch")
@click.option("--count", type=click.IntRange(1, MOST_CODES), required=True)
@click.option("--export", type=click.Path(path_type=Path), help="For paper: a CSV of the codes.")
@as_json
def make(batch: str, count: int, export: Path | None, json_: bool) -> None:
    """Make codes of BATCH and put them on stock.

    With --export they are for paper: written to a file, usable at once, never given by the bot.
    """
    of = store.batch_by_slug(account().id, batch)
    if export is None:
        made = coupon.restock(of.id, count)
    else:
        made = _export(export, of.title, coupon.on_paper(of.id, count, common.now()))
    looked("coupon_make", batch=batch, codes=made, exported=export is not None)
    found = {"batch": batch, "made": made, "exported": export is not None}
    show(found, json_, lambda: [f"made {made}" + (f", written to {export}" if export else "")])


def _export(path: Path, title: str, codes: Iterable[str]) -> int:
    """For its owner alone. Raises InvalidInput where it cannot be written, or is there already."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}", "export") from None
    count = 0
    with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(["券码", "名称"])
        for count, code in enumerate(codes, 1):  # noqa: B007 - the last number is the count
            out.writerow([code, title])
    return count


@coupons.command("import")
@click.argument("batch")
@click.argument("file", type=click.File(encoding="utf-8-sig"))
def import_(batch: str, file: Any) -> None:
    """Add the codes of FILE, one a line, to BATCH; rejected lines go to stderr."""
    found = store.batch_by_slug(account().id, batch)

    def reject(one: coupon.Reject) -> None:
        click.echo(f"line {one.line}: {one.reason}", err=True)

    report = coupon.import_codes(found.id, file, reject)
    looked("coupon_import", batch=batch, codes=report.added)
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
@click.option("--amount-fen", type=click.IntRange(0), help="What was paid; else by the basket.")
@click.option("--basket-fen", type=click.IntRange(0), help="The order before any coupon.")
@click.option("--shop", default="", help="Where.")
@as_json
def redeem(
    code: str,
    order_number: str,
    amount_fen: int | None,
    basket_fen: int | None,
    shop: str,
    json_: bool,
) -> None:
    """Redeem CODE at the till."""
    result = coupon.redeem(
        code,
        order_number=order_number,
        amount_fen=0 if amount_fen is None and basket_fen is None else amount_fen,
        now=common.now(),
        account_id=account().id,
        use=Use("cli", shop, basket_fen=basket_fen),
    )
    follower_id = result.coupon.follower_id if result.coupon else None
    looked("coupon_redeem", follower_id, outcome=result.outcome)
    found = {**result.to_json(), "message": words.outcome(result.outcome)}
    show(found, json_, lambda: [json.dumps(found, ensure_ascii=False)])
    if not result.ok:
        raise Conflict(f"not redeemed: {result.outcome}: {words.outcome(result.outcome)}")


@coupons.command()
@click.argument("code")
@click.option("--why", required=True, help="Kept with the code.")
def void(code: str, why: str) -> None:
    """Take one code out of use for good, on stock or with its follower."""
    found = coupon.void(account().id, code, why)
    looked("coupon_void", found.follower_id, batch=found.batch, why=why)
    click.echo("void")


@coupons.command()
@click.argument("batch")
@click.option("--why", required=True, help="Kept with the batch.")
@click.option("--yes", is_flag=True, help="Without asking.")
@as_json
def withdraw(batch: str, why: str, yes: bool, json_: bool) -> None:
    """Take a whole BATCH out of use for good, the codes that followers hold as well."""
    account_id = account().id
    held = store.stock(store.batch_by_slug(account_id, batch).id)["issued"]
    if not yes and not click.confirm(f"{held} followers' codes become void. Go on?", err=json_):
        raise Conflict("not withdrawn")
    done = coupon.withdraw(account_id, batch, why, common.now())
    looked("coupon_withdraw", batch=batch, why=why, codes=done)
    show({"batch": batch, "void": done}, json_, lambda: [f"withdrawn; {done} codes are void"])


@coupons.command()
@in_words
@as_json
def stock(lang: str, json_: bool) -> None:
    """How many codes of each batch are in which state, how long they last, what they cost."""
    found = stocks.overview(account().id, common.now())
    if not found and not json_:
        raise NotFound("there is no batch yet: hongyan coupons create FILE")
    names = ("batch", *_STATES, "days_left", "low", "cost", "open_cost", "title")
    headings = {name: t(f"coupon.head.{name}", lang) for name in names}
    value = {"batches": [one.to_json() for one in found]}
    show(value, json_, lambda: table([_stock(one, lang) for one in found], headings))


_STATES = ("available", "reserved", "issued", "redeemed", "expired", "void")


def _stock(one: stocks.Stock, lang: str) -> dict[str, Any]:
    left = one.days_left
    return {
        **one.to_json(),
        "days_left": "–" if left is None else f"{left:.1f}",
        "low": t("coupon.low", lang) if one.low else "–",
        "cost": yuan(one.used.cost_fen),
        "open_cost": yuan(one.open_cost),
    }


for _command in (*coupon_tills.COMMANDS, *coupon_radar.COMMANDS, *coupon_wallet.COMMANDS):
    coupons.add_command(_command)
