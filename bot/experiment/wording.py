"""What the figures say, in whole sentences, Chinese first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isinf

from bot.experiment.bandit import Decision
from bot.experiment.compare import Comparison, Judged
from bot.experiment.effect import Gain, Increment, Span
from bot.experiment.guardrail import Guardrail
from bot.experiment.power import Size
from bot.experiment.srm import SampleRatio
from bot.i18n import FALLBACK, t


@dataclass(frozen=True, slots=True)
class Shown:
    """How values and signed differences of them are written."""

    value: Callable[[float, str], str]
    difference: Callable[[float, str], str]


def _percent(value: float, lang: str) -> str:
    return f"{value:.2%}"


def _points(value: float, lang: str) -> str:
    return t("experiment.points", lang, value=f"{100 * value:+.2f}")


def _yuan(fen: float, lang: str) -> str:
    return t("experiment.yuan", lang, value=f"{fen / 100:.2f}")


def _more_yuan(fen: float, lang: str) -> str:
    return t("experiment.yuan", lang, value=f"{fen / 100:+.2f}")


RATES = Shown(_percent, _points)
FEN = Shown(_yuan, _more_yuan)


def comparison_said(found: Comparison, lang: str = FALLBACK, shown: Shown = RATES) -> list[str]:
    """The outcome, control, each arm, and the shares where they are off: a sentence each."""
    outcome = t(f"experiment.outcome.{found.outcome}", lang, leader=found.leader)
    control = t(
        "experiment.control",
        lang,
        name=found.control,
        people=found.control_people,
        value=shown.value(found.control_value, lang),
        best=f"{found.control_best:.0%}",
    )
    shares = [shares_said(found.shares, lang)] if found.shares and found.shares.broken else []
    return [outcome, *shares, control, *(_arm_said(arm, lang, shown) for arm in found.arms)]


def shares_said(found: SampleRatio, lang: str = FALLBACK) -> str:
    """The sample-ratio check."""
    return t(
        "experiment.shares.broken" if found.broken else "experiment.shares.well",
        lang,
        counts=_pairs({name: str(n) for name, n in found.counts.items()}, lang),
        expected=_pairs({name: f"{n:.0f}" for name, n in found.expected.items()}, lang),
        p=_p(found.p_value),
    )


def decision_said(page: Decision, lang: str = FALLBACK) -> str:
    """A page of the bandit's diary."""
    return t(
        "experiment.diary",
        lang,
        known=_pairs({arm.name: f"{arm.successes}/{arm.people}" for arm in page.known}, lang),
        weights=_pairs({name: f"{share:.0%}" for name, share in page.weights.items()}, lang),
        why=t(
            f"experiment.reason.{page.reason}",
            lang,
            leader=page.leader,
            chance=f"{page.chances[page.leader]:.0%}",
        ),
        floor=f"{page.floor:.0%}",
    )


def size_said(size: Size, lang: str = FALLBACK) -> str:
    """How many are needed, and what looking all along costs."""
    key = "experiment.size.peeking" if size.plan.peeking else "experiment.size.once"
    return t(
        key,
        lang,
        per_arm=size.per_arm,
        total=size.total,
        once=size.once,
        price=f"{size.price:.1f}",
        power=f"{size.plan.power:.0%}",
    )


def guardrail_said(found: Guardrail, lang: str = FALLBACK) -> str:
    """Whether a rate is above the allowed one."""
    return t(
        "experiment.guardrail.tripped" if found.tripped else "experiment.guardrail.held",
        lang,
        events=found.events,
        people=found.people,
        rate=f"{found.rate:.2%}",
        allowed=f"{found.allowed:.2%}",
        at_least=f"{found.at_least:.2%}",
    )


def increment_said(found: Increment, lang: str = FALLBACK) -> str:
    """What sending changed, or that it cannot be told."""
    return t(
        f"experiment.effect.{_changed(found.absolute, found.enough)}",
        lang,
        sent=f"{found.sent.rate:.2%}",
        held_out=f"{found.held_out.rate:.2%}",
        extra=f"{found.extra.estimate:+.0f}",
        low=f"{found.extra.low:+.0f}",
        high=f"{found.extra.high:+.0f}",
    )


def gain_said(found: Gain, lang: str = FALLBACK, shown: Shown = FEN) -> str:
    """What sending brought in money, or that it cannot be told."""
    return t(
        f"experiment.gain.{_changed(found.each, found.enough)}",
        lang,
        sent=shown.value(found.sent.mean, lang),
        held_out=shown.value(found.held_out.mean, lang),
        extra=_finite(found.extra.estimate, lang, shown),
        low=_finite(found.extra.low, lang, shown),
        high=_finite(found.extra.high, lang, shown),
    )


def _changed(span: Span, enough: bool) -> str:
    if not enough:
        return "too_few"
    if not span.proven:
        return "unproven"
    return "more" if span.low > 0 else "fewer"


def _arm_said(arm: Judged, lang: str, shown: Shown) -> str:
    found = arm.difference
    if not found.enough:
        return t(
            "experiment.arm.too_few",
            lang,
            name=arm.name,
            people=arm.people,
            value=shown.value(arm.value, lang),
        )
    return t(
        "experiment.arm.compared",
        lang,
        name=arm.name,
        people=arm.people,
        value=shown.value(arm.value, lang),
        difference=_finite(found.estimate, lang, shown),
        low=_finite(found.low, lang, shown),
        high=_finite(found.high, lang, shown),
        p=_p(found.p_value),
        best=f"{arm.best:.0%}",
        verdict=t(f"experiment.verdict.{arm.verdict}", lang),
    )


def _finite(value: float, lang: str, shown: Shown) -> str:
    return f"{value:+}".replace("inf", "∞") if isinf(value) else shown.difference(value, lang)


def _pairs(values: Mapping[str, str], lang: str) -> str:
    return t("list.separator", lang).join(f"{name} {value}" for name, value in values.items())


def _p(value: float) -> str:
    return "p<0.001" if value < 0.001 else f"p={value:.3f}"
