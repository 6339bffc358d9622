"""A small town for campaign tests: an account, followers with open windows, a coupon batch, and a
double of the platform that records what it was asked to send."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from bot import campaign
from bot.clock import to_ms
from bot.errors import GatewayError
from bot.services import Services
from bot.settings import Settings
from bot.store import accounts, campaigns, coupons, segments, send_figures
from bot.store.campaigns import CampaignState
from bot.store.db import Store, fetch, run_many, transaction
from bot.store.fields import Holder
from bot.store.models import Send
from bot.store.send_figures import Count
from bot.wechat.calls import Answer, Call
from tests.conftest import NOON

SEGMENT, OFFER, SLUG = "everybody", "autumn", "autumn-coffee"


class Crash(BaseException):
    """The process ends here: nothing of ours catches it."""


@dataclass
class Platform:
    """Answers as the platform would; `sent` is what reached phones. `verdict` decides per call."""

    sent: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    verdict: Callable[[dict[str, Any]], GatewayError | None] = lambda body: None
    before: Callable[[dict[str, Any]], None] = lambda body: None
    after: Callable[[dict[str, Any]], None] = lambda body: None
    remembered: dict[tuple[str, str], str] = field(default_factory=dict)

    def send_many(self, calls: Iterable[Call], concurrency: int = 64) -> Iterator[Answer]:
        """Keeps `concurrency` calls in flight, answers the oldest first."""
        flying: list[tuple[Call, str, GatewayError | None]] = []
        source, more = iter(calls), True
        while more or flying:
            while more and len(flying) < concurrency:
                call = next(source, None)
                if call is None:
                    more = False
                else:
                    flying.append((call, *self.take(json.loads(call.body))))
            if flying:
                call, msgid, error = flying.pop(0)
                self.after(json.loads(call.body))
                yield Answer(call.key, msgid, error)

    def take(self, body: dict[str, Any]) -> tuple[str, GatewayError | None]:
        self.before(body)
        self.asked.append(body)
        error = self.verdict(body)
        if error is not None and type(error).__name__ != "OutcomeUnknown":
            return "", error
        identity = (body["touser"], str(body.get("client_msg_id", "")))
        if identity[1] and identity in self.remembered:
            return self.remembered[identity], error
        self.sent.append(body)
        self.remembered[identity] = str(len(self.sent))
        return (str(len(self.sent)) if identity[1] else ""), error

    def received(self) -> Counter[str]:
        """How many messages each openid got."""
        return Counter(body["touser"] for body in self.sent)


@dataclass
class World:
    account_id: int
    batch_id: int
    segment_id: int
    platform: Platform
    services: Services
    now: datetime

    def clock(self) -> datetime:
        return self.now

    def later(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now

    def push(self, **how: Any) -> int:
        return campaign.push_due(self.services, self.now, **how)

    def create(self, **changes: Any) -> CampaignState:
        return campaign.create(self.services, self.account_id, a_document(**changes), self.now)

    def begin(self, **changes: Any) -> CampaignState:
        """Created and started; the next push plans and sends it."""
        made = self.create(**changes)
        return campaign.start(self.services, self.account_id, made.id, self.now)

    def state(self, slug: str = SLUG) -> CampaignState:
        return campaigns.by_slug(self.account_id, slug)

    def report(self, slug: str = SLUG) -> campaign.Report:
        return campaign.report_of(self.account_id, slug, self.now)

    def counts(self, slug: str = SLUG) -> list[Count]:
        found = self.state(slug)
        return send_figures.counts(found.id, found.generation)

    def states(self, step: str = "offer") -> Counter[str]:
        """Rows by state, and by reason where they were skipped."""
        found: Counter[str] = Counter()
        for count in self.counts():
            if count.step == step:
                skipped = count.state == "skipped"
                found[count.skip if skipped else count.state] += count.rows
        return found

    def stock(self) -> dict[str, int]:
        return {state: n for state, n in coupons.stock(self.batch_id).items() if n}

    def rows(self) -> list[Send]:
        return list(Send.select().order_by(Send.id))


def a_document(**changes: Any) -> dict[str, Any]:
    """A marketing campaign that everybody's rules let through, changed as named."""
    document: dict[str, Any] = {
        "slug": SLUG,
        "name": "秋日咖啡",
        "segment": SEGMENT,
        "purpose": "marketing",
        "offer": OFFER,
        "text": "送您一张{face_value}的{title}：{link}",
        "holdout": 0,
    }
    document |= changes
    return {name: value for name, value in document.items() if value is not ...}


def found_world(store: Store, followers: int = 10, codes: int = 100, **person: Any) -> World:
    account_id = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    batch_id = coupons.create_batch(
        account_id, OFFER, "暖心券", face_value_fen=2000, valid_seconds=7 * 86400, now=NOON
    )
    coupons.add_codes(batch_id, [f"CODE-{i:06d}" for i in range(codes)])
    segment = segments.put(account_id, SEGMENT, "所有人", {"all": []}, NOON)
    people(account_id, segment.id, followers, **person)
    platform = Platform()
    world = World(account_id, batch_id, segment.id, platform, cast(Services, None), NOON)
    world.services = Services(
        settings=Settings.from_env({"HONGYAN_PUBLIC_URL": "https://h.example"}),
        store=store,
        clock=world.clock,
        account_of=accounts.by_slug,
        client_of=lambda account: cast(Any, platform),
        understand=cast(Any, None),
        talk_of=cast(Any, None),
    )
    return world


def people(account_id: int, segment_id: int, count: int, first: int = 1, **changes: Any) -> None:
    """Followers `o-1`, `o-2` ... in the segment, each with an open window of five messages."""
    values: dict[str, Any] = {
        "account_id": account_id,
        "subscribed": True,
        "source_scene": "",
        "language": "zh",
        "marketing_consent": True,
        "personalised": True,
        "opted_out_at": None,
        "blacklisted": False,
        "erased_at": None,
        "stage": "active",
        "last_inbound_at": to_ms(NOON - timedelta(hours=1)),
        "window_kind": "message",
        "window_until": to_ms(NOON + timedelta(hours=47)),
        "window_left": 5,
        "created_at": to_ms(NOON - timedelta(days=30)),
    } | changes
    names = ["openid_hash", "openid", *values]
    seal, blind = Holder.vault.seal, Holder.vault.blind
    with transaction():
        run_many(
            f"INSERT INTO follower ({','.join(names)}) VALUES ({','.join('?' * len(names))})",
            [
                (
                    blind(f"o-{i}", "follower.openid"),
                    seal(f"o-{i}".encode(), "follower.openid"),
                    *values.values(),
                )
                for i in range(first, first + count)
            ],
        )
        ids = [row[0] for row in fetch("SELECT id FROM follower ORDER BY id")][-count:]
        run_many(
            "INSERT INTO segment_member (segment_id, follower_id, since) VALUES (?, ?, ?)",
            [(segment_id, follower_id, to_ms(NOON)) for follower_id in ids],
        )
