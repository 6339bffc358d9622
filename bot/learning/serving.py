"""The models in use, loaded once a process, and what they say of followers now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.clock import to_ms
from bot.errors import Conflict, NotFound
from bot.insight import kinds, modelfile
from bot.insight.modelfile import Learnt
from bot.insight.table import Table
from bot.learning import features
from bot.learning.features import Terms
from bot.learning.purposes import LIKE, Purpose, purpose
from bot.profile.parts import State
from bot.store import insight_models, learning_rows, profiles
from bot.store.insight_models import Kept
from bot.values.interest import DAY_MS

Doubles = NDArray[np.float64]
OURS = "product"  # of a card: what was noted of a model when it was taught from the store
_SAID = {"lookalike": "ahead", "uplift": "uplift"}  # the column that is kept; of others: score


@dataclass(frozen=True)
class Serving:
    """A model ready to answer."""

    kept: Kept
    purpose: Purpose
    learnt: Learnt

    @property
    def usual(self) -> Terms:
        """The offer that a score is about where none is named."""
        held = self.learnt.card[OURS].get("usual", {})
        return Terms((), held.get("face_value_fen", 0), held.get("threshold_fen", 0))


def serving(account_id: int, slug: str) -> Serving | None:
    """The model in use; None: there is none, or the product's columns have changed since."""
    found = insight_models.active(account_id, slug)
    if not found:
        return None
    of, learnt = purpose(slug), load(found[0].id, found[0].fingerprint)
    if not features.fits(learnt.card.get(OURS, {}), of.with_offer):
        return None
    return Serving(found[0], of, learnt)


@lru_cache(maxsize=16)
def load(model_id: int, fingerprint: str) -> Learnt:
    """A kept model. Raises NotFound, Conflict (its bytes are not what was saved)."""
    return modelfile.from_bytes(insight_models.content(model_id), f"model {model_id}")


def needed(account_id: int, slug: str) -> Serving:
    """Raises NotFound, with what to do about it."""
    found = serving(account_id, slug)
    if found is not None:
        return found
    if insight_models.active(account_id, slug):
        raise Conflict(
            f"the model of {slug} was taught from other columns than there are now; "
            f"teach it anew: {_command(slug)}"
        )
    raise NotFound(f"no model of {slug} is in use; teach one: {_command(slug)}")


def _command(slug: str) -> str:
    like = slug.removeprefix(LIKE)
    return f"hongyan model train {slug}" if like == slug else f"hongyan model like {like}"


def chances(learnt: Learnt, table: Table) -> Doubles:
    """(rows) of a model that says how likely it is."""
    header, rows = kinds.kind(learnt.kind).predict(learnt, table)
    place = list(header).index(_SAID.get(learnt.kind, "score"))
    return np.fromiter((float(row[place]) for row in rows), np.float64, table.rows)


@dataclass(frozen=True)
class Now:
    """Followers as they stand: their rows, what is known of each, and what reached them of late.

    received  instants (ms) of messages of the last LEDGER_DAYS, ascending
    """

    ids: Sequence[int]
    rows: Doubles
    interests: Sequence[dict[str, float]]
    states: Sequence[State] = ()
    received: Sequence[Sequence[int]] = ()

    def take(self, at: Sequence[int]) -> Now:
        """Those at these places."""
        return Now(
            [self.ids[place] for place in at],
            self.rows[list(at)],
            [self.interests[place] for place in at],
            [self.states[place] for place in at],
            [self.received[place] for place in at],
        )


def standing(follower_ids: Sequence[int], now: datetime) -> Now:
    """For a batch, in its order; of who has no profile yet nothing is known."""
    states = profiles.states_of(follower_ids)
    since = to_ms(now) - features.LEDGER_DAYS * DAY_MS
    received = learning_rows.received(follower_ids, since)
    held = [states.get(id_, {}) for id_ in follower_ids]
    rows = [
        features.person_row(state, received.get(id_, ()), now)
        for id_, state in zip(follower_ids, held, strict=True)
    ]
    wide = np.array(rows, np.float64).reshape(len(rows), len(features.PERSON))
    liked = [features.interests(state, now) for state in held]
    return Now(follower_ids, wide, liked, held, [received.get(id_, ()) for id_ in follower_ids])


def table_of(found: Now, terms: Terms | None) -> Table:
    """The rows a model reads. `terms`: the offer; with no topics it is about what each likes most.
    None: the model reads no offer."""
    if terms is None:
        return _table(found.rows, features.PERSON)
    offers = np.array(
        [features.offer_row(one, _about(terms, one)) for one in found.interests], np.float64
    ).reshape(len(found.ids), len(features.OFFER))
    return _table(np.hstack([found.rows, offers]), features.columns(with_offer=True))


def _about(terms: Terms, interests: dict[str, float]) -> Terms:
    if terms.topics or not interests:
        return terms
    top = max(sorted(interests), key=lambda topic: interests[topic])
    return Terms((top,), terms.face_value_fen, terms.threshold_fen)


def _table(rows: Doubles, names: Sequence[str]) -> Table:
    columns: dict[str, Any] = {name: rows[:, place].copy() for place, name in enumerate(names)}
    return Table(columns, len(rows))


def scores(of: Serving, found: Now) -> Doubles:
    """(n) for a batch: of a message with the usual offer, or of what lies ahead."""
    return chances(of.learnt, table_of(found, of.usual if of.purpose.with_offer else None))


def response(
    account_id: int, slug: str, follower_ids: Sequence[int], offers: Sequence[Terms], now: datetime
) -> Doubles | None:
    """(n, k): how likely each follower answers each offer; None where no model is in use.

    What matching asks for: bot.insight.matching.Chunk.chances.
    """
    of = serving(account_id, slug)
    if of is None or not of.purpose.with_offer:
        return None
    found = standing(follower_ids, now)
    columns = [chances(of.learnt, table_of(found, terms)) for terms in offers]
    return np.stack(columns, axis=1) if columns else np.empty((len(follower_ids), 0))


def fingerprint(table: Table) -> str:
    """Of the rows that taught."""
    parts = ((name.encode(), table.numbers(name).tobytes()) for name in table.names)
    return digest(chain.from_iterable(parts))


def digest(parts: Iterable[bytes]) -> str:
    """SHA-256 of parts, one after the other."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part)
    return found.hexdigest()
