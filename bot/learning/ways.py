"""How each purpose learns and speaks: the seam between the registry and what stands in it.

Most are taught by rows with a yes or no (bot.learning.training). The others, each in a module of
its own, have the functions below. All judge the new model and the one in use on what came later and
neither has seen, and all are kept, taken into use and scored by the same code.

    teach(ask)               -> Taught; raises InvalidInput where there is too little to learn from
    say_own(of, found, now)  -> {slug: (n) scores}, NaN where nothing is said; a module without it
                                leaves that to the kind of model
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput
from bot.insight.choose import Verdict
from bot.insight.kinds import Progress, silent
from bot.insight.modelfile import Learnt
from bot.learning import serving
from bot.learning.purposes import Purpose
from bot.learning.serving import Doubles, Now, Serving

_MODULES = {
    "uplift": "bot.learning.trials",
    "next_order": "bot.learning.orders",
    "clusters": "bot.learning.groups",
    "hours": "bot.learning.habits",
    "fatigue": "bot.learning.tiring",
    "recommend": "bot.learning.topics",
}


@dataclass(frozen=True)
class Ask:
    """used  the model in use, None where there is none"""

    account_id: int
    purpose: Purpose
    now: datetime
    used: Serving | None = None
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    progress: Progress = silent


@dataclass(frozen=True)
class Taught:
    """A model that may come into use.

    rows  how many taught it; fingerprint: of these
    ours  what else is noted of it, beside the columns that it was made of
    """

    learnt: Learnt
    verdict: Verdict
    rows: int
    fingerprint: str
    ours: Mapping[str, Any] = field(default_factory=dict)


def own(slug: str) -> bool:
    """Whether a purpose has a module of its own."""
    return slug in _MODULES


def teach(ask: Ask) -> Taught:
    """Of a purpose with a module of its own."""
    found: Callable[[Ask], Taught] = import_module(_MODULES[ask.purpose.slug]).teach
    return found(ask)


def say(of: Serving, found: Now, now: datetime) -> dict[str, Doubles]:
    """Scores of a batch by slug, (n) each; NaN where nothing is said."""
    spoken = getattr(import_module(_MODULES.get(of.purpose.slug, __name__)), "say_own", None)
    if spoken is None:
        return {of.purpose.slug: serving.scores(of, found)}
    said: dict[str, Doubles] = spoken(of, found, now)
    return said


def enough(what: str, yes: int, no: int, least: int) -> None:
    """Raises InvalidInput that says in numbers what is missing."""
    if min(yes, no) < least:
        raise InvalidInput(
            f"too little to learn from: there are {yes} {what} and {no} not, and it takes {least} "
            "of each. Until then nothing is predicted and the usual order holds"
        )


def fingerprint(*arrays: NDArray[Any]) -> str:
    """Of what taught, where it is no table."""
    return serving.digest(np.ascontiguousarray(one).tobytes() for one in arrays)
