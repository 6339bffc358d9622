"""What offers in answers (被动回复) add to a callback: CPU of handling one text.

    python -m benchmarks carrying [--requests 2000] [--rounds 5]

The peer is the same answer without looking for offers. Three cases: no running campaign lists the
channel; one does and nothing waits for who writes; one does and an offer waits for each.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from bot import campaign
from bot.campaign.sending import carry
from bot.inbox.context import Handled
from bot.inbox.facts import facts_of, window_of
from bot.inbox.receive import handle
from bot.nlp.understanding import understand
from bot.services import Services
from bot.settings import Settings
from bot.store import accounts, followers, inbox, segments
from bot.store.db import Store, fetch, open_store, run_many, transaction
from bot.store.db import run as execute
from bot.store.vault import new_key
from bot.talk.live import Live
from bot.values.inbound import TextMessage
from handlers import router

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
LEASE = timedelta(minutes=1)
OFFER: dict[str, Any] = {
    "slug": "offer", "name": "新品", "segment": "all", "purpose": "marketing", "holdout": 0,
    "text": "秋季新品到店 {link}", "url": "https://shop.example", "channels": ["passive_reply"],
    "guardrails": {"quiet_hours": None},
}  # fmt: skip


@dataclass
class House:
    """Followers who write one after the other; `microseconds` is the CPU of each answer."""

    store: Store
    services: Services
    account: accounts.AccountState
    number: int = 0

    def microseconds(self, messages: int) -> float:
        spent = 0.0
        for _ in range(messages):
            self.number += 1
            message = TextMessage(
                account="gh", openid=f"o-{self.number}", sent_at=NOW,
                raw={"MsgId": str(self.number)}, text="你好",
            )  # fmt: skip
            said = understand(message.text)
            stored = inbox.arrive(
                self.account.id, message.openid, message.kind, key=message.dedupe_key, at=NOW,
                now=NOW, facts=facts_of(message, said), raw=message.raw,
                window=window_of(message), lease=LEASE,
            )  # fmt: skip
            arrival = cast(inbox.Arrival, stored)
            began = time.process_time()
            handle(self.services, _dispatch, self.account, arrival.follower, message, said,
                   arrival.event_id, NOW, attempt=99)  # fmt: skip
            spent += time.process_time() - began
        return spent / messages * 1e6

    def expect(self, messages: int) -> None:
        """The next who write are followers already, and the audience of the next campaign."""
        ids = [
            followers.ensure(self.account.id, f"o-{self.number + ahead + 1}", NOW).id
            for ahead in range(messages)
        ]
        execute("UPDATE follower SET subscribed = ?", (True,))
        with transaction():
            execute("DELETE FROM segment_member")
            run_many(
                "INSERT INTO segment_member (segment_id, follower_id, since) VALUES (1, ?, 0)",
                [(follower_id,) for follower_id in ids],
            )


def _dispatch(message: Any, context: Any) -> Handled:
    return router.dispatch(message, context)


def run(count: int = 2000, rounds: int = 5, **_: Any) -> dict[str, Any]:
    """Microseconds of CPU for an answer, by case; medians of rounds."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        house, one = _house(folder), max(1, count // rounds)
        looks = router.last
        house.microseconds(one)  # warm
        for _round in range(rounds):
            for case, last in (("without looking", None), ("no campaign lists it", looks)):
                router.last = last
                found.setdefault(case, []).append(house.microseconds(one))
        _begin(house, "for-nobody")
        for _round in range(rounds):
            found.setdefault("listed, nothing waits", []).append(house.microseconds(one))
        for number in range(rounds):
            house.expect(one)
            _begin(house, f"offer-{number}")
            found.setdefault("an offer for each", []).append(house.microseconds(one))
        carried = fetch("SELECT COUNT(*) FROM carried")[0][0]
        house.store.close()
    medians = {case: statistics.median(values) for case, values in found.items()}
    base = medians["without looking"]
    return {
        "us": {case: round(value, 1) for case, value in medians.items()},
        "ratio": {case: round(value / base, 2) for case, value in medians.items()},
        "carried": carried,
    }


def _house(folder: str) -> House:
    store = open_store(f"sqlite:///{folder}/hongyan.db", [new_key()])
    account_id = accounts.ensure_default("wxdevelopment0000", "service", NOW)
    segments.put(account_id, "all", "所有人", {"all": []}, NOW)
    services = Services(
        settings=Settings.from_env({"HONGYAN_PUBLIC_URL": "https://shop.example"}),
        store=store,
        clock=lambda: NOW,
        account_of=accounts.by_slug,
        client_of=cast(Any, None),
        understand=lambda text, account: understand(text),
        talk_of=Live().of,
    )
    return House(store, services, accounts.by_slug("default"))


def _begin(house: House, slug: str) -> None:
    document = OFFER | {"slug": slug}
    made = campaign.create(house.services, house.account.id, document, NOW)
    campaign.start(house.services, house.account.id, made.id, NOW)
    idle = replace(house.services, client_of=lambda account: cast(Any, _Nobody()))
    campaign.push_due(idle, NOW)
    carry.forget()


class _Nobody:
    """A platform that is never asked."""

    def send_many(self, calls: Any, concurrency: int = 64) -> Any:
        yield from (None for call in calls if call is None)
