"""How a journey's steps hang together, looked at before it is kept. Pure; names of other things
(segments, batches, journeys) are `bot.journey.names`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.content.findings import Finding
from bot.errors import InvalidInput
from bot.i18n import t
from bot.i18n.refusals import said
from bot.journey.definition import (
    Branch,
    Flow,
    Kind,
    Outcome,
    Send,
    Step,
    Tag,
)
from bot.segment.rules import Rule, leaves
from bot.segment.rules import Tag as HasTag


@dataclass(frozen=True, slots=True)
class Flaw:
    """`code` is a locale key after "journey.flaw."; an error keeps the journey from being kept."""

    code: str
    step: str
    detail: str = ""
    error: bool = True
    finding: Finding | None = None  # of the linter: the detail, in either language

    def said(self, lang: str = "zh") -> str:
        detail = said(self.detail, lang) if self.code == "rule" else self.detail
        if self.finding is not None:
            detail = f"{self.finding.why(lang)} {self.finding.suggestion(lang)}"
        return t(f"journey.flaw.{self.code}", lang, step=self.step, detail=detail)


def flaws(flow: Flow) -> list[Flaw]:
    """Everything wrong with the steps, errors first, each in the order of the document."""
    unknown = list(_unknown(flow))
    found = unknown or [*_unreachable(flow), *_endless(flow), *_turning(flow)]
    found += [*_dead(flow), *_early(flow), *_too_soon(flow), *_once(flow)]
    return sorted(found, key=lambda flaw: not flaw.error)


def insist(flow: Flow) -> None:
    """Raises InvalidInput for the first flaw that is an error."""
    for flaw in flaws(flow):
        if flaw.error:
            place = f"steps.{flaw.step}"
            raise InvalidInput(f"{place}: {flaw.said('en')}", place)


def _unknown(flow: Flow) -> Iterator[Flaw]:
    for step in flow.steps.values():
        for _, to in step.ways():
            if not to:
                yield Flaw("no_end", step.id)
            elif to not in flow.steps:
                yield Flaw("unknown", step.id, to)
        what = step.what
        if isinstance(what, Outcome):
            of = flow.steps.get(what.of)
            if of is None or of.kind is not Kind.SEND:
                yield Flaw("no_send", step.id, what.of)


def _unreachable(flow: Flow) -> Iterator[Flaw]:
    reached = _from(flow, flow.first)
    for id_ in flow.steps:
        if id_ not in reached:
            yield Flaw("unreachable", id_)


def _from(flow: Flow, start: str) -> set[str]:
    found: set[str] = set()
    ahead = [start]
    while ahead:
        id_ = ahead.pop()
        if id_ not in found:
            found.add(id_)
            ahead += [to for _, to in flow.steps[id_].ways()]
    return found


def _endless(flow: Flow) -> Iterator[Flaw]:
    """A step from which no end can be reached: people would stay for ever."""
    ends = {s.id for s in flow.steps.values() if s.kind is Kind.END}
    for id_ in flow.steps:
        if not _from(flow, id_) & ends:
            yield Flaw("endless", id_)


def _turning(flow: Flow) -> Iterator[Flaw]:
    """A cycle without a wait, told of its first step in the document."""
    told: set[str] = set()
    for id_, step in flow.steps.items():
        if step.kind is Kind.WAIT or id_ in told:
            continue
        passed = set().union(*(flow.until_a_wait(to) for _, to in step.ways()), ())
        if id_ in passed:
            told |= {one for one in passed if flow.steps[one].kind is not Kind.WAIT}
            yield Flaw("cycle", id_)


def _dead(flow: Flow) -> Iterator[Flaw]:
    """Ways that nobody takes, or that make no difference."""
    for step in flow.steps.values():
        targets = {to for _, to in step.ways()}
        several = len(list(step.ways())) > 1
        if several and len(targets) == 1 and step.kind is not Kind.WAIT:
            yield Flaw("same", step.id, next(iter(targets)), error=False)
        if isinstance(step.what, Branch):
            rules = [rule for rule, _, _ in step.what.ways]
            for number, rule in enumerate(rules):
                if rule in rules[:number]:
                    yield Flaw("dead", step.id, str(number + 1))


def _early(flow: Flow) -> Iterator[Flaw]:
    """The outcome of a send asked without a wait between: it cannot be known yet."""
    for step in flow.steps.values():
        if isinstance(step.what, Send):
            for id_ in sorted(flow.until_a_wait(step.next)):
                asked = flow.steps[id_].what
                if isinstance(asked, Outcome) and asked.of == step.id:
                    yield Flaw("early", id_, step.id, error=False)


def _too_soon(flow: Flow) -> Iterator[Flaw]:
    """A tag is in the profile some seconds after it was given: a branch right behind misses it."""
    for step in flow.steps.values():
        if isinstance(step.what, Tag):
            for id_ in sorted(flow.until_a_wait(step.next)):
                if step.what.tag in _tags(flow.steps[id_]):
                    yield Flaw("too_soon", id_, step.what.tag, error=False)


def _once(flow: Flow) -> Iterator[Flaw]:
    """A day of every year that leads everybody in but once."""
    yearly = any(one.date is not None and one.date.yearly for one in flow.triggers)
    if yearly and flow.reentry.rule == "never":
        yield Flaw("once", "", error=False)


def _tags(step: Step) -> set[str]:
    rules: list[Rule] = [r for r, _, _ in step.what.ways] if isinstance(step.what, Branch) else []
    return {leaf.tag for rule in rules for leaf in leaves(rule) if isinstance(leaf, HasTag)}
