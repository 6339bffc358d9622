"""The audit log reads as sentences: each act of the source has words in both languages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bot.console.rights import Role
from bot.i18n import catalogue
from bot.store import audit
from tests.conftest import NOON

ROOT = Path(__file__).parents[3]


def acts() -> dict[str, str]:
    """Every act that is written out where it is recorded, and the file that records it."""
    found = {}
    for folder in ("bot", "handlers", "jobs"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and node.args:
                    for text in _acts_of(node):
                        found[text] = path.name
    return found


def _acts_of(call: ast.Call) -> list[str]:
    name = ast.unparse(call.func)
    at = {"audit.record": 1, "log_store.record": 1, "looked": 0}.get(name)
    if at is None or len(call.args) <= at:
        return []
    said = call.args[at]
    branches = [said.body, said.orelse] if isinstance(said, ast.IfExp) else [said]
    return [one.value for one in branches if isinstance(one, ast.Constant)]


def test_the_source_has_the_acts_that_this_looks_at():
    assert {"blacklist", "campaign.sheet", "coupon_void", "identity.join"} <= acts().keys()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_act_has_words(lang):
    known = catalogue(lang)
    assert {act: where for act, where in acts().items() if f"con.act.{act}" not in known} == {}


def test_entries_are_sentences_and_followers_looks_do_not_flood_them(house):
    for _ in range(120):
        audit.record("follower", "show", NOON, follower_id=7, detail={"on": "h5"})
    detail = {"journey": "second-visit", "policy": "keep", "version": 1, "digest": "ab12"}
    audit.record("operator:lin", "journey_define", NOON, detail=detail)
    audit.record("operator:lin", "sending_rules", NOON, detail={"before": "", "after": "每天 1 条"})
    audit.record("job", "campaign.sheet", NOON, detail={"campaign": "spring"})
    house.hire("lin", Role.ADMIN)
    lin = house.signed_in("lin")
    page = lin.get("/console/audit").text
    assert "旅程：second-visit" in page
    assert "在途者：走旧版" in page
    assert "由“–”改为“每天 1 条”" in page
    assert "生成活动对账单" in page
    assert "ab12" not in page
    assert "<td>粉丝本人</td>" not in page
    theirs = lin.get("/console/audit?who=follower").text
    assert theirs.count("<td>粉丝本人</td>") == 100
    assert "second-visit" not in theirs
    assert "second-visit" in lin.get("/console/audit?who=operator:lin").text
