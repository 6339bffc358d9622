"""A learnt model as a file: a card in JSON and arrays, in one .npz without pickle.

The card says what the model is (kind, version, made_at, fingerprint of its rows, columns, metrics);
the file ends with the SHA-256 of all of it, so that a changed byte is a refusal and not a number.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import InvalidInput, NotFound

VERSION = 1
_CARD = "card"
_DIGEST = hashlib.sha256().digest_size


@dataclass(frozen=True)
class Learnt:
    """A trained model of some kind.

    card    JSON values; `kind` names what reads the arrays
    arrays  numbers only: what is served
    """

    card: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]

    @property
    def kind(self) -> str:
        return str(self.card["kind"])


def to_bytes(learnt: Learnt) -> bytes:
    """The file's content. Raises InvalidInput for arrays that only pickle could keep."""
    if any(values.dtype.hasobject for values in learnt.arrays.values()):
        raise InvalidInput("a model's arrays hold numbers, not objects")
    card = json.dumps({**learnt.card, "version": VERSION}, ensure_ascii=False, sort_keys=True)
    content = io.BytesIO()
    written: dict[str, Any] = {**learnt.arrays, _CARD: np.frombuffer(card.encode(), np.uint8)}
    np.savez_compressed(content, **written)
    data = content.getvalue()
    return data + hashlib.sha256(data).digest()


def from_bytes(data: bytes, name: str) -> Learnt:
    """A model from a file's content; `name` is what a refusal calls it.

    Raises InvalidInput for bytes that are no whole model of this version.
    """
    body, digest = data[:-_DIGEST], data[-_DIGEST:]
    if hashlib.sha256(body).digest() != digest:
        raise InvalidInput(f"{name}: is not a whole model file")
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as held:
            arrays = {part: held[part] for part in held.files}
        card = json.loads(arrays.pop(_CARD).tobytes())
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        raise InvalidInput(f"{name}: is not a model of this version") from None
    if not isinstance(card, dict) or card.get("version") != VERSION or "kind" not in card:
        raise InvalidInput(f"{name}: is not a model of this version")
    return Learnt(card, arrays)


def save(path: str | Path, learnt: Learnt) -> None:
    """Keep it in a file; a crash leaves the old file or the new one."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}.part")
    partial.write_bytes(to_bytes(learnt))
    partial.replace(target)


def load(path: str | Path) -> Learnt:
    """A model from its file. Raises NotFound, InvalidInput for a file that is none."""
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        raise NotFound(f"{path}: no model there; make one with: hongyan model train") from None
    return from_bytes(data, str(path))
