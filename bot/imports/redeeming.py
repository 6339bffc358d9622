"""Redemptions that a shop tells afterwards, as a file: code, order, basket or amount, shop, time.

Every row is a redemption of its own, at the moment that it names. A row that was told before is
answered as it was, so a file that was cut off is read again from its beginning, and a file read
twice changes nothing. The report adds up: lines = redeemed + repeated + rejected.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from bot import coupon
from bot.clock import from_ms
from bot.coupon import words
from bot.errors import InvalidInput
from bot.i18n import t
from bot.imports.exporting import harmless
from bot.imports.mapping import Column
from bot.imports.reading import Bad, reader
from bot.imports.rejects import OWN_COLUMNS, RejectFile, said
from bot.imports.sources import Line, Source
from bot.store.coupons import Redemption, Use
from bot.store.db import transaction
from bot.values.coupons import RedeemOutcome, canonical

BATCH = 200  # rows that a dry run tries in one transaction, which is taken back
LONGEST_CODE = 64
# What columns are called in shops' files, without case, blanks and underlines; in fen where the
# name ends in 分 or fen.
NAMES = {
    "code": ("code", "couponcode", "券码", "优惠码", "优惠券码", "卡券码", "兑换码"),
    "order": ("order", "orderno", "ordernumber", "订单号", "订单编号", "单号"),
    "amount": ("amount", "paid", "实付", "实付金额", "金额", "支付金额"),
    "basket": ("basket", "total", "原价", "订单金额", "订单原价", "应付金额"),
    "shop": ("shop", "store", "门店", "门店编号", "店铺"),
    "at": ("at", "time", "redeemedat", "时间", "核销时间", "使用时间"),
}
_FEN = re.compile(r"[（(]?(?:分|fen)[)）]?$")
_READ_AS = {"order": "order", "amount": "amount", "basket": "amount", "at": "at"}


class _TakenBack(Exception):
    """Ends the transaction of a dry run."""


@dataclass
class Report:
    """What became of each line. `reasons`: of the rejected ones."""

    lines: int = 0
    redeemed: int = 0
    repeated: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    discount_fen: int = 0
    dry_run: bool = False

    @property
    def rejected(self) -> int:
        return sum(self.reasons.values())

    def to_json(self) -> dict[str, Any]:
        return {
            "lines": self.lines,
            "redeemed": self.redeemed,
            "repeated": self.repeated,
            "rejected": self.rejected,
            "reasons": dict(sorted(self.reasons.items())),
            "discount_fen": self.discount_fen,
            "dry_run": self.dry_run,
        }


class Refusals(RejectFile):
    """The rejected lines as they stood, with why."""

    def put(self, line: Line, reason: str) -> None:
        if self._file is None:
            self._file = self._open()
            csv.writer(self._file).writerow(map(harmless, [*OWN_COLUMNS, *self._header]))
        why = (words_of(reason, "en"), words_of(reason, "zh"))
        csv.writer(self._file).writerow([line.number, "", *map(harmless, (*why, *line.cells))])


def words_of(reason: str, lang: str) -> str:
    """A reason for people: a till's answer, or why a cell cannot be read."""
    if reason in list(RedeemOutcome):
        return words.outcome(reason, lang)
    return t("coupon.file.future", lang) if reason == "future" else said(reason, lang)


def redeem_file(
    account_id: int,
    source: Source,
    now: datetime,
    *,
    shop: str = "",
    dry_run: bool = False,
    refuse: Callable[[Line, str], None] = lambda line, reason: None,
    progress: Callable[[int], object] = lambda done: None,
) -> Report:
    """Redeem row by row; a dry run says the same and changes nothing.

    shop     of rows that name none
    refuse   called with each rejected line

    A dry run takes its rows back every BATCH: whether two coupons of one order may stand side by
    side is seen within those only. Raises InvalidInput for a file without codes.
    """
    run = _Run(account_id, _places(source.header), now, shop)
    report = Report(dry_run=dry_run)
    rows = source.rows()
    while batch := list(islice(rows, BATCH)):
        results = _tried(run, batch) if dry_run else map(run.one, batch)
        for line, result in zip(batch, results, strict=True):
            _count(report, line, result, refuse)
        progress(len(batch))
    return report


def _tried(run: _Run, batch: list[Line]) -> list[Redemption | str]:
    results: list[Redemption | str] = []
    try:
        with transaction():
            results = [run.one(line) for line in batch]
            raise _TakenBack
    except _TakenBack:
        return [run.remembered(line, one) for line, one in zip(batch, results, strict=True)]


def _count(
    report: Report, line: Line, result: Redemption | str, refuse: Callable[[Line, str], None]
) -> None:
    report.lines += 1
    if isinstance(result, Redemption) and result.ok:
        report.redeemed += result.first
        report.repeated += not result.first
        report.discount_fen += result.discount_fen if result.first else 0
        return
    reason = result if isinstance(result, str) else result.outcome.value
    report.reasons[reason] += 1
    refuse(line, reason)


def _places(header: tuple[str, ...]) -> dict[str, tuple[int, str]]:
    """target -> (column, unit). Raises InvalidInput where no column is a code's."""
    found: dict[str, tuple[int, str]] = {}
    for place, name in enumerate(header):
        whole = re.sub(r"[\s_]+", "", name.lower())
        bare = _FEN.sub("", whole)
        for target, names in NAMES.items():
            if bare in names and target not in found:
                found[target] = (place, "yuan" if bare == whole else "fen")
    if "code" not in found:
        raise InvalidInput("no column is called 券码 or code", "columns")
    return found


class _Run:
    """Reads a row and redeems it."""

    def __init__(
        self, account_id: int, places: Mapping[str, tuple[int, str]], now: datetime, shop: str
    ) -> None:
        self._account_id, self._places, self._now, self._shop = account_id, places, now, shop
        self._read = {
            target: reader(Column(target, to=_READ_AS[target], unit=unit), now)
            for target, (_, unit) in places.items()
            if target in _READ_AS
        }
        self._used: dict[str, str] = {}  # code -> order, of a dry run's batches taken back

    def one(self, line: Line) -> Redemption | str:
        """The redemption, or why the row cannot be read."""
        if line.fault:
            return line.fault
        try:
            row = {target: self._cell(line, target) for target in self._places}
        except Bad as bad:
            return str(bad)
        code = row["code"]
        if not code:
            return "missing"
        at = from_ms(row["at"]) if row.get("at") is not None else self._now
        if at > self._now:
            return "future"
        use = Use("file", row.get("shop") or self._shop, basket_fen=row.get("basket"))
        paid = row.get("amount")
        if paid is None and use.basket_fen is None:
            paid = 0  # neither is told
        try:
            return coupon.redeem(
                code,
                order_number=row.get("order") or "",
                amount_fen=paid,
                now=at,
                account_id=self._account_id,
                use=use,
            )
        except InvalidInput:
            return "too_long"

    def _cell(self, line: Line, target: str) -> Any:
        place, _ = self._places[target]
        text = line.cells[place].strip() if place < len(line.cells) else ""
        if target in self._read:
            return self._read[target](text) if text else None
        if len(text) > LONGEST_CODE:
            raise Bad("too_long")
        return text

    def remembered(self, line: Line, result: Redemption | str) -> Redemption | str:
        """What a dry run would have found, had it not taken earlier batches back."""
        if isinstance(result, str) or not result.first:
            return result
        code = canonical(str(self._cell(line, "code")))
        order = str(self._cell(line, "order") or "") if "order" in self._places else ""
        if code not in self._used:
            self._used[code] = order
            return result
        same = self._used[code] == order
        outcome = RedeemOutcome.REDEEMED if same else RedeemOutcome.ALREADY_REDEEMED
        return Redemption(outcome, result.coupon)


def lines_of(report: Report) -> Iterator[str]:
    """The report for people."""
    shown = report.to_json()
    yield "  ".join(
        f"{name} {shown[name]}" for name in ("lines", "redeemed", "repeated", "rejected")
    )
    for reason, count in shown["reasons"].items():
        yield f"  {count}  {reason}: {words_of(reason, 'zh')}"


def open_rejects(path: Path, source: Source) -> Refusals:
    return Refusals(path, source.header)
