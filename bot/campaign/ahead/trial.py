"""Test messages: a campaign's texts sent to people of the house, marked as tests.

They go out for real, as customer-service messages, and so need an open window of the tester's, use
up one of its messages and one call of the day's quota. They burn nothing else: no coupon, no cap,
no row of the ledger; the link in them counts for nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.campaign.ahead.to_come import order_to_come
from bot.campaign.finding import find
from bot.campaign.permission.order import Order
from bot.campaign.permission.policy import Policy, usable
from bot.campaign.sending.compose import Composer
from bot.channels.customer_service import text_call
from bot.channels.registry import CUSTOMER_SERVICE
from bot.errors import Conflict, GatewayError, InvalidInput, NotFound, OutcomeUnknown
from bot.services import Services
from bot.store import audit, followers, quotas, sends, trials
from bot.store.db import transaction
from bot.store.trials import Trial
from bot.values.audience import Channel, FollowerState
from bot.wechat.calls import Call

MARK = "【测试】"
MOST = 20  # testers at once: more is a campaign


def tester_of(account_id: int, word: str) -> int:
    """A tester's name, a follower's number or an openid. Raises NotFound."""
    for tester in trials.testers(account_id):
        if tester.name == word:
            return tester.follower_id
    found = followers.find(account_id, word)
    if found is None and word.isdecimal() and int(word) < 2**63:
        found = followers.get(int(word))
    if found is None or found.account_id != account_id:
        raise NotFound(f"there is no tester and no follower {word!r}")
    return found.id


def send_trial(
    services: Services,
    account_id: int,
    ref: str | int,
    words: Sequence[str],
    actor: str,
    now: datetime,
) -> list[Trial]:
    """Each variant to each of them; to all of the account's testers where nobody is named.

    Raises NotFound, InvalidInput for nobody or too many, and Conflict, before anything is sent,
    where somebody has no open window or the quota is used up.
    """
    campaign = find(account_id, ref)
    order = order_to_come(campaign, services.settings.public, now)
    ids = [tester_of(account_id, word) for word in words]
    ids = list(dict.fromkeys(ids or (one.follower_id for one in trials.testers(account_id))))
    if not 0 < len(ids) <= MOST:
        raise InvalidInput(f"names 1 to {MOST} testers, these are {len(ids)}", "to")
    messages = [(who, variant) for who in ids for variant in _texts(order)]
    _take(order, messages, now)
    calls = _calls(order, messages)
    answers = services.client_of(account_id).send_many(calls)
    errors = {answer.key: answer.error for answer in answers}
    done = [
        Trial(who, variant, actor, now, _state(errors.get(key)), str(errors.get(key) or ""))
        for key, (who, variant) in enumerate(messages)
    ]
    for trial in done:
        trials.note(campaign.id, trial, Channel.CUSTOMER_SERVICE)
    return done


def _texts(order: Order) -> list[str]:
    return [variant.name for variant in order.definition.texts()]


def _calls(order: Order, messages: Sequence[tuple[int, str]]) -> list[Call]:
    composer, openids = Composer(order), followers.openids_of([who for who, _ in messages])
    return [
        text_call(key, openids[who], MARK + composer.text(variant, None, None))
        for key, (who, variant) in enumerate(messages)
        if who in openids
    ]


def _take(order: Order, messages: Sequence[tuple[int, str]], now: datetime) -> None:
    """Windows and the quota, in one transaction; all or nobody."""
    way, day = CUSTOMER_SERVICE, quotas.day_of(now, order.zone)
    with transaction():
        people = sends.people(sorted({who for who, _ in messages}))
        for who, person in people.items():
            if not _reachable(person, sum(one == who for one, _ in messages), now):
                raise Conflict(
                    f"{audit.pseudonym(who)} has no open window for it: they write to the account"
                    " first"
                )
        if quotas.room(order.account_id, way.api, day, way.daily_limit) < len(messages):
            raise Conflict("the day's quota of customer-service messages is used up")
        quotas.take(order.account_id, way.api, day, len(messages))
        sends.spend_windows([who for who, _ in messages])


def _reachable(person: FollowerState, messages: int, now: datetime) -> bool:
    here = person.subscribed and person.erased_at is None
    ways = usable(person, Policy().channels, now)
    return here and bool(ways) and person.window_left >= messages


def _state(error: GatewayError | None) -> str:
    if error is None:
        return "sent"
    return "unknown" if isinstance(error, OutcomeUnknown) else "failed"
