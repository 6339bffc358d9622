"""The whole evidence of a finding, to be kept and shown: never only who led."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from math import isfinite
from typing import Any


def as_document(found: Any) -> Any:
    """Any value of this package as plain JSON: its fields, and theirs.

    What is without end or unknown (inf, nan) becomes None, as JSON has no word for it.
    """
    if is_dataclass(found):
        return {each.name: as_document(getattr(found, each.name)) for each in fields(found)}
    if isinstance(found, Mapping):
        return {str(key): as_document(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [as_document(value) for value in found]
    if isinstance(found, float) and not isfinite(found):
        return None
    return str(found) if isinstance(found, str) else found
