"""From a table and the names of its columns to rows that teach."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bot.errors import InvalidInput
from bot.insight.candidate import Doubles, Sample
from bot.insight.kinds import Columns
from bot.insight.leakage import refuse_target
from bot.insight.schema import NOT_GIVEN, detect, texts, typed
from bot.insight.split import coded, times
from bot.insight.table import Table

LEAST_OF_A_CLASS = 20  # rows of the rarer answer: with fewer nothing can be told from chance
MOST_ROWS = 200_000  # that teach; of more, as many are drawn
_YES = frozenset({"1", "yes", "true", "y", "t", "是", "对", "有"})
_NO = frozenset({"0", "no", "false", "n", "f", "否", "不", "无"})


@dataclass(frozen=True)
class Brought:
    """table   the rows that have an answer, with all their columns
    answers  which word means yes, and which no
    notes    sentences about rows that were not used
    """

    sample: Sample
    table: Table
    answers: Mapping[str, str]
    notes: Sequence[str]


def bring(table: Table, columns: Columns, options: Mapping[str, Any], seed: int) -> Brought:
    """Rows that teach.

    options  positive: the word of the target that means yes; leave_out, keep: names of columns
    Raises InvalidInput for a table that cannot teach: what is wrong, where, and what to do.
    """
    _check_roles(table, columns, options)
    assert columns.target is not None
    words = [_plain(word) for word in texts(table, columns.target)]
    answers = _answers(words, columns.target, options.get("positive"))
    at = np.flatnonzero([word in answers for word in words])
    notes = []
    if len(at) < len(words):
        notes.append(f"{len(words) - len(at)} rows without {columns.target} teach nothing")
    if len(at) > MOST_ROWS:
        notes.append(f"{MOST_ROWS:,} of {len(at):,} rows teach, drawn at random")
        drawn = np.random.default_rng(seed).choice(len(at), MOST_ROWS, replace=False)
        at = at[np.sort(drawn)]
    used = table if len(at) == table.rows else table.take(at)
    y = np.array([answers[words[line]] == "yes" for line in at.tolist()], np.float64)
    _check_answers(y, columns.target)
    named = {value: word for word, value in answers.items()}
    return Brought(_sample(used, y, columns, options), used, named, notes)


def given(table: Table, columns: Columns, answers: Mapping[str, str]) -> tuple[Table, Doubles]:
    """The rows that have an answer, and the answers, for judging a model that knows both words.

    Raises InvalidInput with the line of a word that is neither.
    """
    if columns.target is None:
        raise InvalidInput("name the column that has the true answers (--target)")
    meant = {answers["yes"]: 1.0, answers["no"]: 0.0}
    words = [_plain(word) for word in texts(table, _known(table, columns.target))]
    for line, word in enumerate(words, 2):
        if word not in meant and word not in NOT_GIVEN:
            said = " or ".join(sorted(meant))
            raise InvalidInput(f"line {line}, column {columns.target}: {word[:40]!r} is not {said}")
    at = np.flatnonzero([word in meant for word in words])
    if not len(at):
        raise InvalidInput(f"no row has an answer in the column {columns.target}")
    return table.take(at), np.array([meant[words[line]] for line in at.tolist()])


def whose(table: Table, columns: Columns) -> tuple[Any, Any, Any]:
    """Group, time and weight of each row, None for what nobody named."""
    group = coded(texts(table, _known(table, columns.group))) if columns.group else None
    time = times(table, _known(table, columns.time)) if columns.time else None
    return group, time, _weights(table, columns.weight)


def fingerprint(table: Table) -> str:
    """SHA-256 of all cells, so that a card tells which rows taught the model."""
    digest = hashlib.sha256()
    for name, cells in table.columns.items():
        digest.update(name.encode() + b"\0")
        numbers = isinstance(cells, np.ndarray)
        digest.update(np.asarray(cells).tobytes() if numbers else "\0".join(cells).encode())
    return digest.hexdigest()


def _known(table: Table, name: str) -> str:
    if name not in table.columns:
        raise InvalidInput(f"no column {name}; there are {', '.join(table.columns)}")
    return name


def _check_roles(table: Table, columns: Columns, options: Mapping[str, Any]) -> None:
    if columns.target is None:
        raise InvalidInput("name the column to foretell (--target)")
    if not table.rows:
        raise InvalidInput("the table has no rows")
    roles = {role: name for role, name in asdict(columns).items() if name is not None}
    for name in [*roles.values(), *options.get("leave_out", ()), *options.get("keep", ())]:
        _known(table, name)
    for role, name in roles.items():
        if role != "target" and name == columns.target:
            raise InvalidInput(f"column {name} cannot be the target and the {role} at once")
    if columns.target in options.get("keep", ()):
        raise InvalidInput(f"column {columns.target} is the target: it is no feature to keep")


def _plain(word: str) -> str:
    """1.0 is 1: some tools write whole numbers so."""
    return word.removesuffix(".0")


def _answers(words: Sequence[str], target: str, positive: str | None) -> dict[str, str]:
    """Word -> yes or no."""
    found = sorted(set(words) - NOT_GIVEN)
    if len(found) != 2:
        shown = ", ".join(word[:20] for word in found[:6])
        raise InvalidInput(
            f"column {target}: a target has two answers; this has {len(found)}"
            + (f" ({shown}{' ...' if len(found) > 6 else ''})" if found else "")
        )
    yes = [word for word in found if (word == positive if positive else word.lower() in _YES)]
    no = [word for word in found if word.lower() in _NO]
    if not positive and not yes and len(no) == 1:
        yes = [word for word in found if word not in no]
    if len(yes) != 1:
        raise InvalidInput(
            f"column {target}: say which of {found[0][:40]!r} and {found[1][:40]!r} means yes "
            "(--positive)"
        )
    return {word: "yes" if word == yes[0] else "no" for word in found}


def _check_answers(y: Doubles, target: str) -> None:
    yes, no = int(y.sum()), int((1 - y).sum())
    if min(yes, no) < LEAST_OF_A_CLASS:
        raise InvalidInput(
            f"column {target}: {yes} rows say yes and {no} say no; "
            f"{LEAST_OF_A_CLASS} of each are needed to learn from"
        )


def _sample(table: Table, y: Doubles, columns: Columns, options: Mapping[str, Any]) -> Sample:
    roles = {name for name in asdict(columns).values() if name is not None}
    roles -= set(options.get("keep", ()))
    away: Collection[str] = roles | set(options.get("leave_out", ()))
    features = {name: cells for name, cells in table.columns.items() if name not in away}
    raw = Table(features, table.rows)
    refuse_target(raw, y, columns.target or "")
    schema = detect(raw, options.get("keep", ()))
    if not schema.columns:
        raise InvalidInput("no column is left to learn from: " + _why(schema.left_out))
    group, time, weight = whose(table, columns)
    return Sample(typed(raw, schema), y, schema, group, time, weight)


def _why(left_out: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {why}" for name, why in left_out.items()) or "the table has no other"


def _weights(table: Table, name: str | None) -> Doubles | None:
    if name is None:
        return None
    found = table.numbers(_known(table, name))
    wrong = ~np.isfinite(found) | (found < 0)
    if wrong.any():
        raise InvalidInput(f"line {int(wrong.argmax()) + 2}, column {name}: a weight is 0 or more")
    if not found.sum() > 0:
        raise InvalidInput(f"column {name}: every weight is 0")
    return np.asarray(found / found.mean())
