"""Is a rate (complaints, unfollows, errors) above the allowed one? May be asked after every batch.

The evidence is the mean, over a few ways of being too high, of how much likelier the counts are
than under the allowed rate. Under any rate up to the allowed one that is a non-negative
supermartingale that starts at 1, so it reaches 1 / alpha ever, at whatever moment one looks, with
a chance of at most alpha (Ville 1939; mixture sequential test: Robbins 1970). This is exact from
the first person on: nothing here is asymptotic. Source: docs/explanation/experiments.md
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import exp, fsum, inf, log, log1p

from bot.errors import InvalidInput

ALPHA = 0.01
# How many times too high the odds are: what is looked for. Each alone is a likelihood-ratio test.
WORSE = (1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
_LOG_WORSE = tuple(log(k) for k in WORSE)


@dataclass(frozen=True, slots=True)
class Guardrail:
    """One look.

    p_value  always valid: the smallest alpha at which the guardrail would have tripped now
    """

    events: int
    people: int
    allowed: float
    alpha: float
    p_value: float

    @property
    def tripped(self) -> bool:
        """The rate is above the allowed one."""
        return self.p_value <= self.alpha

    @property
    def rate(self) -> float:
        return self.events / self.people if self.people else 0.0

    @property
    def at_least(self) -> float:
        """The rate is at least that; it holds at all looks together but for alpha."""
        return _lower_bound(self.events, self.people, self.alpha)


def guardrail(events: int, people: int, allowed: float, alpha: float = ALPHA) -> Guardrail:
    """All counts since the start, compared with an allowed rate in 0..1, both ends left out.

    Raises InvalidInput for counts or rates that cannot be.
    """
    _check(events, people, allowed, alpha)
    p_value = exp(-max(0.0, _mean(_ratios(events, people, allowed))))
    return Guardrail(events, people, allowed, alpha, p_value)


def guardrail_against(
    events: int,
    people: int,
    control_events: int,
    control_people: int,
    tolerated: float = 1.0,
    alpha: float = ALPHA,
) -> Guardrail:
    """Is the rate above `tolerated` times that of the held out, which nobody has to know?

    Of all events, the share that would fall among `people` is compared; `allowed`, `at_least` and
    `rate` of the answer are such shares. For rare events (a rate of up to one tenth), and for arms
    that were watched equally long and grew in the same proportion.
    """
    if min(people, control_people) <= 0 or not 0 < tolerated < inf:
        raise InvalidInput("both arms need people, and what is tolerated is a positive ratio")
    _check(control_events, control_people, 0.5, alpha)
    _check(events, people, 0.5, alpha)
    share = people * tolerated / (people * tolerated + control_people)
    return guardrail(events, events + control_events, share, alpha)


@dataclass(frozen=True, slots=True)
class Watch:
    """A guardrail for trouble that begins midway, batch by batch; the good past does not excuse it.

    The beginning is mixed over, too: batch j with weight 1 / (j (j + 1)), so that the whole run,
    however long, still has one alpha. Kept between batches; rebuilt from the batches by `watch`.
    """

    allowed: float
    alpha: float = ALPHA
    batches: int = 0
    peak: float = 0.0  # the highest log evidence so far
    logs: tuple[float, ...] = field(default=(-inf,) * len(WORSE))

    def after(self, events: int, people: int) -> Watch:
        """With one more batch: its own counts, not those since the start."""
        _check(events, people, self.allowed, self.alpha)
        number = self.batches + 1
        begins = -log(number) - log(number + 1)
        ratios = _ratios(events, people, self.allowed)
        logs = tuple(_add(old, begins) + new for old, new in zip(self.logs, ratios, strict=True))
        evidence = _add(_mean(logs), -log(number + 1))  # the rest: trouble that is yet to begin
        return replace(self, batches=number, peak=max(self.peak, evidence), logs=logs)

    @property
    def p_value(self) -> float:
        return exp(-self.peak)

    @property
    def tripped(self) -> bool:
        """It stays so once it was."""
        return self.p_value <= self.alpha


def watch(batches: Sequence[tuple[int, int]], allowed: float, alpha: float = ALPHA) -> Watch:
    """The watch after these batches, each (events, people), oldest first."""
    state = Watch(allowed, alpha)
    for events, people in batches:
        state = state.after(events, people)
    return state


def _ratios(events: int, people: int, allowed: float) -> list[float]:
    """log(likelihood at k times the odds / likelihood at the allowed rate) for each k in WORSE."""
    return [
        events * log_k - people * log1p(allowed * (k - 1))
        for k, log_k in zip(WORSE, _LOG_WORSE, strict=True)
    ]


def _lower_bound(events: int, people: int, alpha: float) -> float:
    """The largest allowed rate that the counts refute; 0 when none. Evidence falls with it."""
    low, high = 0.0, events / people if people else 0.0
    for _ in range(50):
        middle = (low + high) / 2
        if middle > 0 and _mean(_ratios(events, people, middle)) >= -log(alpha):
            low = middle
        else:
            high = middle
    return low


def _mean(logs: Sequence[float]) -> float:
    """log of the mean of what these are logs of."""
    top = max(logs)
    return top if top == -inf else top + log(fsum(exp(x - top) for x in logs) / len(logs))


def _add(a: float, b: float) -> float:
    """log(exp(a) + exp(b))."""
    top, low = max(a, b), min(a, b)
    return top if low == -inf else top + log1p(exp(low - top))


def _check(events: int, people: int, allowed: float, alpha: float) -> None:
    if not 0 <= events <= people:
        raise InvalidInput(f"{events} events among {people} people cannot be", "events")
    if not 0 < allowed < 1:
        raise InvalidInput(f"an allowed rate lies between 0 and 1; this is {allowed}", "allowed")
    if not 0 < alpha < 1:
        raise InvalidInput(f"alpha lies between 0 and 1; this is {alpha}", "alpha")
