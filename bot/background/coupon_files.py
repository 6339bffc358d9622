"""Coupons in files: what was given and redeemed, out; codes and redemptions of shops, in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from bot import coupon
from bot.background.desk import Desk
from bot.background.pace import Pace
from bot.imports import redeeming
from bot.imports.exporting import Cell, local, write_table, written
from bot.imports.sources import open_source
from bot.store import audit, coupon_batches, coupon_list, pseudonyms
from bot.store.coupon_list import Given, Redeemed

GIVEN, REDEEMED, CODES, REDEEM = "coupon_given", "coupon_used", "coupon_codes", "coupon_redeem"
_PAGE = 2000
_OF_GIVEN = ("id", "batch", "title", "follower", "state", "given_at", "claimed_at", "redeemed_at",
             "expires_at", "purpose")  # fmt: skip
_OF_REDEEMED = ("id", "batch", "title", "follower", "source", "shop", "till", "basket_fen",
                "discount_fen", "redeemed_at", "undone_at")  # fmt: skip


def given(desk: Desk) -> dict[str, Any]:
    """asked: {batch, state}, "" for all. {rows}; the file is by pseudonym and has no codes."""
    asked, account_id = desk.task.asked, desk.task.account_id
    pages = coupon_list.every(
        lambda spot: coupon_list.given(
            account_id, spot, _PAGE, batch=asked["batch"], state=asked["state"]
        )
    )
    rows = (_given(one) for page in pages for one in page)
    return _kept(desk, "coupons-given.csv", _OF_GIVEN, rows)


def used(desk: Desk) -> dict[str, Any]:
    """asked: {batch, source, shop}, "" for all. {rows}; the same of redemptions."""
    asked, account_id = desk.task.asked, desk.task.account_id
    pages = coupon_list.every(
        lambda spot: coupon_list.redeemed(
            account_id,
            spot,
            _PAGE,
            batch=asked["batch"],
            source=asked["source"],
            shop=asked["shop"],
        )
    )
    rows = (_redeemed(one) for page in pages for one in page)
    return _kept(desk, "coupons-redeemed.csv", _OF_REDEEMED, rows)


def _kept(
    desk: Desk, name: str, columns: tuple[str, ...], rows: Iterator[list[Cell]]
) -> dict[str, Any]:
    path, pace = desk.folder / name, Pace(desk)
    with written(path, "", columns) as put:
        for row in rows:
            put(row)
            pace.on(1)
    desk.keep(name, path)
    return {"rows": pace.done}


def _given(one: Given) -> list[Cell]:
    times = (one.issued_at, one.claimed_at, one.redeemed_at, one.expires_at)
    return [
        one.id, one.batch, one.title, _name(one.follower_id), one.state, *map(local, times),
        one.purpose,
    ]  # fmt: skip


def _redeemed(one: Redeemed) -> list[Cell]:
    return [
        one.id, one.batch, one.title, _name(one.follower_id), one.source, one.shop, one.till_id,
        one.basket_fen, one.discount_fen, local(one.at), local(one.undone_at),
    ]  # fmt: skip


def _name(follower_id: int | None) -> str | None:
    return None if follower_id is None else pseudonyms.of(follower_id)


# --- in ------------------------------------------------------------------------------------------


def codes(desk: Desk) -> dict[str, Any]:
    """Codes that a shop made, put on stock. asked: {batch, author}. Counts; refused lines by number
    and reason are the file. Done again it adds nothing."""
    asked, pace = desk.task.asked, Pace(desk)
    of = coupon_batches.batch_by_slug(desk.task.account_id, asked["batch"])
    refused: list[coupon.Reject] = []
    report = coupon.import_codes(of.id, pace.over(desk.lines()), refused.append)
    if refused:
        why = [(one.line, one.reason) for one in refused]
        path = write_table(desk.folder / "rejects.csv", ("line", "why"), why)
        desk.keep(f"{of.slug}-rejects.csv", path)
    detail = {"batch": of.slug, "codes": report.added}
    audit.record(asked["author"], "coupon_import", desk.now(), detail=detail)
    return {
        "batch": of.slug, "lines": report.lines, "added": report.added,
        "repeated": report.repeated, "rejected": report.rejected,
        "reasons": dict(Counter(one.reason for one in refused)),
    }  # fmt: skip


def redeem(desk: Desk) -> dict[str, Any]:
    """Redemptions that a shop tells afterwards. asked: {shop, dry, author}. The report; rejected
    rows with why are the file. Done again it answers as before and changes nothing."""
    asked, pace = desk.task.asked, Pace(desk)
    source = open_source(desk.upload())
    out = redeeming.open_rejects(desk.folder / "rejects.csv", source)
    try:
        report = redeeming.redeem_file(
            desk.task.account_id, source, desk.now(), shop=asked["shop"], dry_run=asked["dry"],
            refuse=out.put, progress=lambda done: pace.on(done, source.lines or 0),
        )  # fmt: skip
    finally:
        out.close()
    if report.rejected:
        desk.keep("redeem-rejects.csv", out.path)
    found = report.to_json()
    if not asked["dry"]:
        names = ("lines", "redeemed", "repeated", "rejected")
        audit.record(asked["author"], "redeem_file", desk.now(),
                     detail={name: found[name] for name in names})  # fmt: skip
    said = {
        why: {lang: redeeming.words_of(why, lang) for lang in ("zh", "en")}
        for why in found["reasons"]
    }
    return {**found, "said": said}
