"""Which of several pieces a follower gets."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.content.documents import read_content
from bot.content.matching import best
from tests.conftest import NOON


def a_piece(slug, **changes):
    return read_content({"slug": slug, "kind": "product", "title": slug, **changes})


LATTE = a_piece("latte", topics={"咖啡": 1.0, "早餐": 0.3})
TEA = a_piece("tea", topics={"茶": 1.0})
ALL = a_piece("all", topics=["咖啡", "茶", "早餐", "甜点"])
OVER = a_piece("over", topics={"咖啡": 1.0}, valid_until=NOON)
SOON = a_piece("soon", topics={"咖啡": 1.0}, valid_from=NOON + timedelta(seconds=1))
GONE = a_piece("gone", topics={"咖啡": 1.0}, stock=0)


@pytest.mark.parametrize(
    ("pieces", "interests", "more", "slug"),
    [
        pytest.param([TEA, LATTE], {"咖啡": 0.6}, {}, "latte", id="what he likes"),
        pytest.param([TEA, LATTE], {"咖啡": 0.3, "茶": 0.4}, {}, "tea", id="what he likes better"),
        pytest.param(
            [ALL, LATTE], {"咖啡": 0.5}, {}, "latte", id="being about everything is no gain"
        ),
        pytest.param([TEA, LATTE], {}, {}, "tea", id="of whom nothing is known: the first"),
        pytest.param([TEA, LATTE], {"宠物": 0.9}, {}, "tea", id="nothing that he likes: the first"),
        pytest.param([OVER, SOON, GONE, TEA], {"咖啡": 1.0}, {}, "tea", id="only what can be had"),
        pytest.param(
            [LATTE, TEA], {"咖啡": 1.0}, {"refused": {"早餐"}}, "tea", id="not what he refuses"
        ),
        pytest.param(
            [LATTE, TEA], {"咖啡": 1.0}, {"shown": {"latte"}}, "tea", id="another one now"
        ),
        pytest.param(
            [LATTE], {"咖啡": 1.0}, {"shown": {"latte"}}, "latte", id="if there is another"
        ),
        pytest.param([LATTE, LATTE], {"咖啡": 1.0}, {}, "latte", id="of equals the first"),
    ],
)
def test_he_gets(pieces, interests, more, slug):
    assert best(pieces, interests, NOON, **more).slug == slug


def test_the_reasons_are_said():
    found = best([OVER, LATTE], {"咖啡": 0.5, "早餐": 0.5}, NOON).to_json()
    assert found["topics"] == {"咖啡": 0.7692, "早餐": 0.2308}
    assert found["passed"] == {"over": "expired"}
    assert best([OVER, GONE], {"咖啡": 0.5}, NOON) is None
    assert best([], {}, NOON) is None
