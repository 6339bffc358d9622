"""The shop's side of the loop: the product's store, written as its own handlers and sender do.

Followers, the ledger's rows, the event log; profiles by the product's fold, models by
bot.learning, who gets what by bot.insight.matching.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import numpy as np

from benchmarks.loop_world import OFFERS, Act
from bot.clock import to_ms
from bot.insight.matching import NOTHING, Chunk, Matching, Offer, Terms, match_offers
from bot.learning import serving, training
from bot.learning.features import Terms as Promised
from bot.nlp.understanding import understand
from bot.profile.refresh import fold_new
from bot.store import accounts, coupons, events
from bot.store.db import run, run_many, transaction
from bot.store.models import Campaign, CouponCode, Follower
from bot.store.spans import qmarks

T = TypeVar("T")
_SEND = (
    "id, campaign_id, generation, step, follower_id, state, purpose, batch_id, planned_at,"
    " not_before, sent_at, channel, variant, skip, subject, msgid, attempts, error, reasons,"
    " content, client_id, claimed_by"
)
CHUNK = 2000
_KINDS = {"says": "message.text", "tap": "click", "claim": "coupon.claimed",
          "redeem": "coupon.redeemed", "leave": "unsubscribe", "opt_out": "opt_out"}  # fmt: skip
MARGIN_FEN = 1000  # of any redemption: it is redemptions that are counted
TIRES_FEN = 15  # of goodwill, for each message of the last 30 days that somebody had already


class Books:
    """Person number n is follower n + 1."""

    def __init__(self, people: int, start: datetime) -> None:
        self.account = accounts.ensure_default("wxbenchmark00000", "service", start)
        self._runs = self._sends = self._codes = self._events = 0
        self._to_come: list[Act] = []
        rows = [
            {"id": n + 1, "account": self.account, "openid_hash": f"{n:032}", "openid": f"o{n}",
             "subscribed": True, "created_at": start}
            for n in range(people)
        ]  # fmt: skip
        for page in _pages(rows, 500):
            Follower.insert_many(page).execute()
        self.batches = [
            coupons.create_batch(
                self.account, f"b{number}", one.topic, face_value_fen=100 * one.off,
                threshold_fen=100 * one.least, per_person=99, topics=[one.topic], now=start,
            )
            for number, one in enumerate(OFFERS)
        ]  # fmt: skip

    def sent(self, chosen: Sequence[tuple[int, int]], now: datetime) -> int:
        """Ledger rows of a run; the id of the row before the first."""
        self._runs += 1
        campaign = Campaign.insert(
            account=self.account, slug=f"k{self._runs}", name="周", definition={}, created_at=now,
            updated_at=now,
        ).execute()  # fmt: skip
        before, at = self._sends, to_ms(now)
        rows = [
            (before + place, campaign, 1, "offer", person + 1, "sent", "marketing", self.batches[k],
             at, at, at, "custom", "", "", "", "", 0, "", "{}", "", "", "")
            for place, (person, k) in enumerate(chosen, 1)
        ]  # fmt: skip
        with transaction():
            run_many(f"INSERT INTO send ({_SEND}) VALUES ({qmarks(rows[0])})", rows)
        self._sends += len(rows)
        return before

    def expect(self, acts: Iterable[Act], before: int = 0) -> None:
        """What people will do: nobody hears of it before its time. `before`: see `sent`."""
        for act in acts:
            self._to_come.append(act._replace(sent=before + act.sent + 1))

    def hear(self, now: datetime) -> None:
        """What they have done by now, as the product hears of it."""
        come = sorted((one for one in self._to_come if one.at <= now), key=lambda act: act.at)
        self._to_come = [one for one in self._to_come if one.at > now]
        for page in _pages(come, 500):
            with transaction():
                events.append_many([self._event(one) for one in page])
                self._coupons(page)
        for act in come:
            if act.kind == "leave":
                changes = {"subscribed": False, "unsubscribed_at": act.at}
                Follower.update(changes).where(Follower.id == act.person + 1).execute()
        fold_new(now, most=10**9)

    def _event(self, act: Act) -> tuple[Any, ...]:
        self._events += 1
        if act.kind == "says":
            facts = {"topics": understand(act.detail, now=act.at).topics}
        else:
            facts = {"topics": {act.detail: 1.0}} if act.detail else {}
        return events.row(
            self.account, act.person + 1, _KINDS[act.kind], act.at, act.at, "callback",
            f"{self._events}", facts, None,
        )  # fmt: skip

    def _coupons(self, page: Sequence[Act]) -> None:
        """A code for who claimed: its ledger row names it, as the sender's would."""
        for act in page:
            send = act.sent
            if act.kind == "claim":
                self._codes += 1
                CouponCode.insert(
                    id=self._codes, batch=self.batches[_place(act.detail)], code="c",
                    code_hash=f"{self._codes:032}", state="issued", follower=act.person + 1,
                    purpose=f"send:{send}", issued_at=act.at, claimed_at=act.at,
                ).execute()  # fmt: skip
                run("UPDATE send SET coupon_code = ? WHERE id = ?", (self._codes, send))
            elif act.kind == "redeem":
                run(
                    "UPDATE coupon_code SET state = 'redeemed', redeemed_at = ?"
                    " WHERE id = (SELECT coupon_code FROM send WHERE id = ?)",
                    (to_ms(act.at), send),
                )

    # --- what the product makes of it ----------------------------------------------------------

    def teach(self, now: datetime) -> dict[str, Any]:
        return training.train(self.account, "redeem", now).to_json()

    def match(
        self, people: Sequence[int], stock: int, messages: int, now: datetime, seed: int
    ) -> tuple[list[tuple[int, int]], Matching]:
        """(person, offer) of the matching; at most `messages`, of each offer at most `stock`."""
        promised = [Promised((one.topic,), 100 * one.off, 100 * one.least) for one in OFFERS]
        ids = [person + 1 for person in people]

        def source() -> Iterator[Chunk]:
            for page in _pages(ids, CHUNK):
                chances = serving.response(self.account, "redeem", page, promised, now)
                assert chances is not None, "a model is in use"
                tired = np.expm1(serving.standing(page, now).rows[:, -2]) * TIRES_FEN
                yield Chunk(page, chances, message_fen=1.0, fatigue_fen=tired)

        offers = [Offer(one.topic, MARGIN_FEN, stock=stock) for one in OFFERS]
        found = match_offers(offers, source, Terms(budget_fen=float(messages), seed=seed))
        chosen = [
            (int(id_) - 1, int(k))
            for id_, k in zip(found.ids, found.choice, strict=True)
            if k != NOTHING
        ]
        return chosen, found


def _place(topic: str) -> int:
    return next(number for number, one in enumerate(OFFERS) if one.topic == topic)


def _pages(items: Sequence[T], size: int) -> Iterator[list[T]]:
    held = iter(items)
    while page := list(islice(held, size)):
        yield page
