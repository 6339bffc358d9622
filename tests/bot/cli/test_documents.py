"""A document is read the same from YAML and from JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli.common import document
from bot.errors import InvalidInput, NotFound

ASKED = {"slug": "autumn", "name": "秋日咖啡", "holdout": 0.1, "schedule": {"best_hour": True}}
YAML = """
slug: autumn
name: 秋日咖啡
holdout: 0.1
schedule: {best_hour: true}
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.yaml", YAML), ("a.yml", YAML), ("a.json", json.dumps(ASKED)), ("a", json.dumps(ASKED))],
)
def test_it_says_the_same_in_either_form(tmp_path: Path, name: str, text: str):
    (tmp_path / name).write_text(text)
    assert document(str(tmp_path / name)) == ASKED


@pytest.mark.parametrize(("name", "text"), [("a.yaml", "- a\n- b\n"), ("a.json", "[1]"),
                                            ("b.yaml", "a: [\n"), ("b.json", "{")])  # fmt: skip
def test_what_is_no_document_is_refused(tmp_path: Path, name: str, text: str):
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidInput):
        document(str(tmp_path / name))


def test_a_missing_file_is_named():
    with pytest.raises(NotFound, match=r"absent\.yaml"):
        document("absent.yaml")
