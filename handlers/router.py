"""Which handler answers which message.

Rules are tried in the order of their registration, which is the order of imports in
`handlers/__init__.py`. The first handler that takes the message answers it; one that returns None
passes it on. Why it was taken is recorded with the event and can be asked later.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from bot.inbox.context import Context, Handled, Passed, Step
from bot.nlp.normalise import bare, normalise
from bot.values.audience import Understanding
from bot.values.inbound import Inbound, TextMessage
from bot.values.replies import NO_REPLY, Reply

# What a handler says: a reply, a reply with its own name and reason; or that it passes.
Answer = Reply | Handled | Passed | None
Handler = Callable[[Any, Context], Answer]
# Why a rule takes a message, "" or None where it does not.
Rule = Callable[[Any, Context], str | None]
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True, slots=True)
class Route:
    kinds: tuple[type[Inbound], ...]
    rules: tuple[Rule, ...]  # any of them; none: every message of these kinds
    handler: Handler
    name: str
    quick: bool = False
    step: str = ""

    def reason(self, message: Inbound, ctx: Context) -> str | None:
        if not self.rules:
            return f"kind {message.kind}"
        return next((why for rule in self.rules if (why := rule(message, ctx))), None)


@dataclass(slots=True)
class Router:
    """Routes in order; `dispatch` is the shape that the inbox wants."""

    routes: list[Route] = field(default_factory=list)
    last: Callable[[Handled, Any, Context], Handled] | None = None  # sees every answer
    _by_kind: dict[type[Inbound], tuple[Route, ...]] = field(default_factory=dict)

    def on(
        self,
        *kinds: type[Inbound],
        when: Rule | None = None,
        quick: bool = False,
        step: str = "",
    ) -> Callable[[H], H]:
        """Register for these kinds and those derived from them, where `when` gives a reason.

        `step`: the step of the decision that this is part of; its outcome is kept with the message.

        `quick`: the handler waits for nothing but the database (whose waits are bounded), so it may
        run in the request's own thread. When in doubt leave it: a slow one is then no harm.
        """

        def register(handler: H) -> H:
            rules = () if when is None else (when,)
            self._add(Route(kinds, rules, handler, _name(handler), quick, step))
            return handler

        return register

    def text(self, *rules: Rule, quick: bool = False, step: str = "") -> Callable[[H], H]:
        """Register for texts that one of the rules takes; without rules for every text."""

        def register(handler: H) -> H:
            self._add(Route((TextMessage,), rules, handler, _name(handler), quick, step))
            return handler

        return register

    def _add(self, route: Route) -> None:
        self.routes.append(route)
        self._by_kind.clear()

    def declare_quick(self) -> None:
        """Every handler registered so far is quick."""
        self.routes = [replace(route, quick=True) for route in self.routes]
        self._by_kind.clear()

    def quick(self, message: Inbound) -> bool:
        """Whichever handler takes the message, it is quick."""
        return all(route.quick for route in self._of(type(message)))

    def dispatch(self, message: Inbound, ctx: Context) -> Handled:
        """The answer of the first handler that takes the message. Raises what that one raises."""
        handled = self._first(message, ctx)
        return self.last(handled, message, ctx) if self.last else handled

    def _first(self, message: Inbound, ctx: Context) -> Handled:
        trace: list[Step] = []
        for route in self._of(type(message)):
            reason = route.reason(message, ctx)
            if not reason:
                _note(trace, route, False, NOT_ASKED)
                continue
            answer = route.handler(message, ctx)
            if answer is None or isinstance(answer, Passed):
                # Without a rule the handler looked for itself, and says what it missed or nothing.
                silent = f"{reason}, passed on" if route.rules else "passed on"
                _note(trace, route, False, answer.why if answer else silent)
                continue
            taken = answer if isinstance(answer, Handled) else Handled(answer, route.name, reason)
            _note(trace, route, True, taken.reason)
            return replace(taken, trace=taken.trace or tuple(trace))
        return Handled(NO_REPLY, "none", f"no handler for {message.kind}", tuple(trace))

    def _of(self, kind: type[Inbound]) -> tuple[Route, ...]:
        found = self._by_kind.get(kind)
        if found is None:
            found = tuple(route for route in self.routes if issubclass(kind, route.kinds))
            self._by_kind[kind] = found
        return found


NOT_ASKED = "nothing of it in the message"
MOST_NOTED = 40  # lines of a trace
LONGEST_WHY = 200  # characters


def _note(trace: list[Step], route: Route, took: bool, why: str) -> None:
    """A line for each handler that was asked; one for all of a step where none was."""
    if not route.step:
        return
    line = (route.step, route.name, took, why[:LONGEST_WHY])
    same_step = bool(trace) and trace[-1][0] == route.step
    if same_step and trace[-1][3] == NOT_ASKED:
        trace[-1] = line
    elif not (same_step and why == NOT_ASKED) and (took or len(trace) < MOST_NOTED):
        trace.append(line)


def _name(handler: Handler) -> str:
    """`module.function`: what reports group replies by."""
    return f"{handler.__module__.rpartition('.')[2]}.{handler.__name__}"


# --- rules for texts ---------------------------------------------------------------------------


def understood(message: TextMessage, ctx: Context) -> Understanding:
    """What the text is about, worked out once a message."""
    if ctx.understanding is not None:
        return ctx.understanding
    return ctx.services.understand(message.text, ctx.account.id)


def word(*words: str) -> Rule:
    """The whole text is one of these command words (bot.nlp.words)."""

    def rule(message: TextMessage, ctx: Context) -> str | None:
        said = understood(message, ctx).word
        return f"word {said}" if said in words else None

    return rule


def keyword(*keywords: str) -> Rule:
    """The whole text is one of these, whatever its case, width, punctuation and spaces."""
    wanted = {bare(normalise(one)) for one in keywords}

    def rule(message: TextMessage, ctx: Context) -> str | None:
        said = bare(normalise(message.text))
        return f"keyword {said}" if said and said in wanted else None

    return rule


def containing(*parts: str) -> Rule:
    """One of these stands somewhere in the text."""
    wanted = {normalise(one): one for one in parts}

    def rule(message: TextMessage, ctx: Context) -> str | None:
        text = normalise(message.text)
        return next((f"contains {one}" for part, one in wanted.items() if part in text), None)

    return rule


def regex(pattern: str) -> Rule:
    """The pattern is found in the normalised text: lower case, one width, single spaces."""
    compiled = re.compile(pattern)

    def rule(message: TextMessage, ctx: Context) -> str | None:
        return f"pattern {pattern}" if compiled.search(normalise(message.text)) else None

    return rule


def when(name: str, holds: Callable[[Any, Context], bool]) -> Rule:
    """A condition of your own; `name` is the reason that is recorded."""
    return lambda message, ctx: name if holds(message, ctx) else None


# The one router of this house; importing `handlers` fills it.
router = Router()
dispatch = router.dispatch
