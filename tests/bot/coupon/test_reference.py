"""docs/reference/coupons.md says what the code does."""

import re
from pathlib import Path

import pytest

from bot.content.batches import FIELDS
from bot.coupon.radar import RULES
from bot.imports.redeeming import NAMES
from bot.values.coupons import RedeemOutcome

PAGE = (Path(__file__).parents[3] / "docs/reference/coupons.md").read_text("utf-8")


def part(heading):
    """The text under a heading."""
    return PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]


def first_cells(heading):
    rows = re.findall(r"^\| (.+?) \|", part(heading), re.M)
    return re.findall(r"`([a-z_]+)`", " ".join(rows))


def test_every_field_of_a_batch_has_its_row():
    assert sorted(first_cells("A batch as a document")) == sorted(FIELDS)


def test_every_answer_of_a_till_is_named():
    named = re.findall(r"`([a-z_]+)`", part("What a till is answered"))
    assert {one.value for one in RedeemOutcome} <= set(named)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_stands_there_with_its_limits(rule):
    (row,) = re.findall(rf"^\| `{rule.name}` \|.*$", part("Rules of the radar"), re.M)
    most, within = rule.setting.most, rule.setting.within_seconds // 60
    assert row.endswith(f"| {most} | {within} min |")


def test_every_name_of_a_column_is_listed():
    listed = "".join(part("A file of redemptions").lower().split())
    assert [name for names in NAMES.values() for name in names if name not in listed] == []
