"""A draft, or a new model, tried without anybody noticing: replays and trials.

Both decide messages that were said anyway by the live set and by the one on trial
(bot.talk.preview) and tell where they differ. Nothing is sent, nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.errors import NotFound
from bot.nlp.understanding import understand
from bot.store import conversation, learnt, segments, shadow, talk
from bot.store.accounts import AccountState
from bot.store.conversation import Decided
from bot.store.talk import DRAFT, LIVE
from bot.talk.live import INTENT_MODEL, Talk, load, with_model
from bot.talk.preview import Preview, preview
from bot.talk.suggesting import without_numbers

# Messages of these steps were decided by what went before, not by the set.
_BY_STATE = ("dialogue.", "agent.", "handoff.misses", "handoff.released", "clarify.neither",
             "clarify.gone", "subscribe.", "satisfaction.", "privacy.cancel")  # fmt: skip
_PAGE = 500
_TOLD_EVERY = 100  # messages; some tenths of a second


@dataclass(frozen=True, slots=True)
class Difference:
    """One message that the set on trial decides otherwise. `text`: without long numbers."""

    event_id: int
    text: str
    live: Preview
    trial: Preview


@dataclass(frozen=True, slots=True)
class Replay:
    """How many messages were decided twice, and those whose decisions differ."""

    messages: int
    differences: tuple[Difference, ...]


def replay(
    account: AccountState,
    since: datetime,
    until: datetime,
    *,
    stage: str = DRAFT,
    model_id: int = 0,
) -> Replay:
    """The texts of [since, until) through the live set and the one on trial.

    model_id  decides for the set on trial; 0: the active model for both

    Raises NotFound where the stage is empty or the model is not there.
    """
    live, trial = load(account.id, LIVE), on_trial(account.id, stage, model_id)
    messages, found = 0, []
    for one in _texts(account.id, since, until):
        messages += 1
        difference = compare(account, one, live, trial)
        if difference is not None:
            found.append(difference)
    return Replay(messages, tuple(found))


def replay_last(
    account: AccountState,
    count: int,
    told: Callable[[int, int], None],
    *,
    stage: str = DRAFT,
    model_id: int = 0,
) -> Replay:
    """The last `count` texts through both, the latest first; `told` hears how far it is, and may
    raise to end it. Raises NotFound as `replay` does."""
    live, trial = load(account.id, LIVE), on_trial(account.id, stage, model_id)
    said = conversation.latest(account.id, limit=count, opened=True)
    texts, found = [one for one in said if _by_the_set(one)], []
    for number, one in enumerate(texts):
        if number % _TOLD_EVERY == 0:
            told(number, len(texts))
        difference = compare(account, one, live, trial)
        if difference is not None:
            found.append(difference)
    return Replay(len(texts), tuple(found))


def on_trial(account_id: int, stage: str, model_id: int) -> Talk:
    """The set on trial. Raises NotFound."""
    if stage != LIVE and not talk.has(account_id, stage):
        raise NotFound(f"there is no {stage} to try; edit one with: hongyan talk import")
    found = load(account_id, stage)
    return with_model(found, model_id) if model_id else found


def compare(account: AccountState, one: Decided, live: Talk, trial: Talk) -> Difference | None:
    """None where both decide alike."""
    first, second = (_decision(account, one, each) for each in (live, trial))
    if (first.key, first.says) == (second.key, second.says):
        return None
    return Difference(one.event_id, without_numbers(one.text), first, second)


def _decision(account: AccountState, one: Decided, says: Talk) -> Preview:
    zone = ZoneInfo(account.timezone)
    said = understand(one.text, says.words, says.model, now=one.at, zone=zone)

    def in_segment(slug: str) -> bool:
        if one.follower_id is None:
            return False
        found = segments.memberships(account.id, [one.follower_id])
        return slug in found.get(one.follower_id, ())

    return preview(says, said, one.at, zone, in_segment)


def _texts(account_id: int, since: datetime, until: datetime) -> Iterator[Decided]:
    after = 0
    while page := conversation.between(account_id, since, until, after=after, limit=_PAGE):
        after = page[-1].event_id
        yield from filter(_by_the_set, page)


def _by_the_set(one: Decided) -> bool:
    """Whether its words, and not what went before them, decided the message."""
    return bool(one.text) and not one.handler.startswith(_BY_STATE)


# --- trials -------------------------------------------------------------------------------------


def start(account_id: int, now: datetime) -> str:
    """Try the draft, with the model on trial where there is one, from now on; the trial's name.

    Raises NotFound where there is neither.
    """
    candidate = learnt.in_state(account_id, INTENT_MODEL, "shadow")
    drafted = talk.has(account_id, DRAFT)
    if candidate is None and not drafted:
        raise NotFound("there is no draft and no model on trial: nothing to try")
    parts = ["draft"] if drafted else []
    parts += [f"model {candidate.id}"] if candidate is not None else []
    name = f"{' and '.join(parts)} since {now:%Y-%m-%d %H:%M}"
    shadow.start(account_id, name, now)
    return name


def run_trials(account: AccountState, now: datetime) -> int:
    """Decide the messages since the last round by the set on trial, too; how many were."""
    trial = shadow.running(account.id)
    if trial is None:
        return 0
    # The youngest messages may still be being answered; they come in the next round.
    until = now - timedelta(seconds=10)
    page = conversation.between(account.id, trial.since, until, after=trial.seen, limit=_PAGE)
    if not page:
        return 0
    candidate = learnt.in_state(account.id, INTENT_MODEL, "shadow")
    stage = DRAFT if talk.has(account.id, DRAFT) else LIVE
    tried = on_trial(account.id, stage, candidate.id if candidate else 0)
    live = load(account.id, LIVE)
    for one in filter(_by_the_set, page):
        found = compare(account, one, live, tried)
        if found is not None:
            shadow.note(account.id, one.event_id, trial.name, found.live.key, found.trial.key, now)
    shadow.advance(account.id, page[-1].event_id, len(page))
    return len(page)
