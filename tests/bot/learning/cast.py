"""A shop with a past: followers, what they did, what was sent to them and what they made of it."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from bot.profile.refresh import fold_new
from bot.store import coupons, events
from bot.store.models import Click, CouponCode, Follower, Link, Send
from tests.bot.coupon.cast import a_campaign
from tests.conftest import a_follower

DAY = timedelta(days=1)
_numbers = count(1)


def somebody(account: int, since: datetime, **changes: Any) -> int:
    return a_follower(account, f"o-{next(_numbers)}", created_at=since, **changes)


def did(account: int, follower: int, kind: str, at: datetime, **facts: Any) -> None:
    events.append(
        account, follower, kind, at=at, received_at=facts.pop("received_at", at), source="callback",
        key=f"e{next(_numbers)}", facts=facts,
    )  # fmt: skip


def an_offer(account: int, slug: str, topic: str, now: datetime, fen: int = 1000) -> int:
    return coupons.create_batch(
        account, slug, "券", face_value_fen=fen, per_person=99, topics=[topic], now=now
    )


def got(campaign: int, follower: int, at: datetime, batch: int | None = None, run: int = 1) -> int:
    """A message arrived, with a coupon where it had one; the send's id."""
    send = Send.insert(
        campaign=campaign, generation=run, step="offer", follower=follower, state="sent",
        purpose="marketing", channel="mass", batch=batch, planned_at=at - timedelta(minutes=5),
        not_before=at, sent_at=at,
    ).execute()  # fmt: skip
    if batch is not None:
        number = next(_numbers)
        code = CouponCode.insert(
            batch=batch, code_hash=f"{number:032}", code=f"C{number}", state="issued",
            follower=follower, purpose=f"send:{send}", issued_at=at,
        ).execute()  # fmt: skip
        Send.update(coupon_code=code).where(Send.id == send).execute()
    return int(send)


def held_out(campaign: int, follower: int, at: datetime, batch: int | None, run: int = 1) -> None:
    """A row of a run that was held back by luck."""
    Send.insert(
        campaign=campaign, generation=run, step="offer", follower=follower, state="held_out",
        purpose="marketing", batch=batch, planned_at=at - timedelta(minutes=5), not_before=at,
    ).execute()  # fmt: skip


def redeemed(account: int, send: int, at: datetime) -> None:
    """The coupon of a message is used, and the log hears of it."""
    code = Send.get_by_id(send).coupon_code
    CouponCode.update(state="redeemed", redeemed_at=at).where(CouponCode.id == code).execute()
    did(account, Send.get_by_id(send).follower_id, "coupon.redeemed", at)


def clicked(send: int, at: datetime, automatic: bool = False) -> None:
    one = Send.get_by_id(send)
    link, _ = Link.get_or_create(
        campaign=one.campaign_id,
        url_hash="h",
        defaults={"url": "https://e.example", "created_at": at},
    )
    Click.insert(
        link=link, send=send, follower=one.follower_id, at=at, automatic=automatic
    ).execute()


def folded(now: datetime) -> None:
    while fold_new(now):
        pass


def a_shop(account: int, now: datetime, people: int = 300, seed: int = 1) -> list[int]:
    """Followers who talk about what they like and redeem what they like, and three past runs with
    two offers: who gets which is chance, so there is something to learn."""
    rng, topics = random.Random(seed), ("咖啡", "火锅")
    begins = now - 100 * DAY
    batches = {topic: an_offer(account, f"b{n}", topic, begins) for n, topic in enumerate(topics)}
    runs = [a_campaign(account, f"k{seed}{n}") for n in range(3)]
    found = []
    for _ in range(people):
        lin, likes = somebody(account, begins), rng.choice(topics)
        found.append(lin)
        for _ in range(rng.randint(1, 6)):
            talk = begins + rng.random() * 20 * DAY
            did(account, lin, "message.text", talk, topics={likes: 1.0})
        for number, campaign in enumerate(runs):
            at = begins + (30 + 20 * number) * DAY + rng.random() * DAY
            topic = rng.choice(topics)
            send = got(campaign, lin, at, batches[topic])
            if rng.random() < (0.75 if topic == likes else 0.1):
                redeemed(account, send, at + rng.random() * 3 * DAY)
    folded(now)
    Follower.update(subscribed=True).execute()
    return found
