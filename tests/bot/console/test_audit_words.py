"""The audit log reads as sentences: each act of the source, each word of what it was done to, and
each value of a closed set has words in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bot.console.audit_words import APART, CLOSED, UNTOLD
from bot.console.chat_words import person
from bot.console.pages import follower_one, inbox, segment_groups, syncs
from bot.console.pages.segment_lists import PINS
from bot.console.rights import Role
from bot.console.work import WORKS
from bot.i18n import catalogue
from bot.segment.catalogue import define
from bot.store import accounts, audit, operators, segment_lists, segments
from bot.values.coupons import RedeemOutcome
from tests.bot.console.conftest import post
from tests.conftest import NOON

ROOT = Path(__file__).parents[3]
RECORDS = {"audit.record": 1, "log_store.record": 1, "looked": 0, "_note": 0, "note": 0}
# Arguments of those that record by a helper, which are no detail.
NO_DETAIL = {"follower_id", "detail"}
SANDBOX = "sandbox"  # its ledger is the platform's
UNSEEN = {"coupon_look"}  # of tills: looked at by the radar only


@cache
def recorded() -> tuple[dict[str, str], dict[str, str]]:
    """(acts, keys of details) that are written out where they are recorded, and the file."""
    acts, keys = dict[str, str](), dict[str, str]()
    for folder in ("bot", "handlers", "jobs"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            if SANDBOX in path.parts or not any(f"{name}(" in text for name in RECORDS):
                continue
            if "audit" not in text and "looked" not in text:
                continue
            for body in _functions(ast.parse(text)):
                for call in _calls(body):
                    acts |= dict.fromkeys(_acts_of(call), path.name)
                    keys |= dict.fromkeys(_keys_of(call, body), path.name)
    return acts, keys


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def _calls(body: ast.FunctionDef) -> Iterator[ast.Call]:
    for node in ast.walk(body):
        if isinstance(node, ast.Call) and _name(node) in RECORDS:
            yield node


def _name(call: ast.Call) -> str:
    func = call.func
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
        return f"{func.value.id}.{func.attr}"
    return func.id if isinstance(func, ast.Name) else ""


def _acts_of(call: ast.Call) -> list[str]:
    at = RECORDS[_name(call)]
    for place in (at, 1):  # people._note has the actor first
        if len(call.args) > place:
            said = call.args[place]
            branches = [said.body, said.orelse] if isinstance(said, ast.IfExp) else [said]
            found = [one.value for one in branches if isinstance(one, ast.Constant)]
            if found:
                return [one for one in found if isinstance(one, str)]
    return []


def _keys_of(call: ast.Call, body: ast.FunctionDef) -> Iterator[str]:
    if "record" not in _name(call):
        yield from (one.arg for one in call.keywords if one.arg and one.arg not in NO_DETAIL)
    for one in call.keywords:
        if one.arg == "detail":
            yield from _keys_in(one.value, body)


def _keys_in(value: ast.expr, body: ast.FunctionDef) -> Iterator[str]:
    if isinstance(value, ast.Dict):
        for key, held in zip(value.keys, value.values, strict=True):
            if isinstance(key, ast.Constant):
                yield str(key.value)
            elif key is None and isinstance(held, ast.Name):
                yield from _keys_in(held, body)
    elif isinstance(value, ast.IfExp):
        yield from _keys_in(value.body, body)
        yield from _keys_in(value.orelse, body)
    elif isinstance(value, ast.Name):
        for node in ast.walk(body):
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(one, ast.Name) and one.id == value.id for one in targets):
                    yield from _keys_in(node.value, body)


def test_the_source_has_what_this_looks_at():
    acts, keys = recorded()
    assert {"blacklist", "campaign.sheet", "coupon_void", "identity.join"} <= acts.keys()
    assert {"operator.invite", "segment_define", "campaign_define", "erase"} <= acts.keys()
    assert {"cause", "certificate", "of", "outcome", "changes", "role", "faults"} <= keys.keys()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_act_has_words(lang):
    known, (acts, _) = catalogue(lang), recorded()
    lacking = {one: at for one, at in acts.items() if f"con.act.{one}" not in known}
    assert {one: at for one, at in lacking.items() if one not in UNSEEN} == {}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_key_of_a_detail_has_words(lang):
    known, (_, keys) = catalogue(lang), recorded()
    looks = dict.fromkeys(("tab", "link", "personal"), "showing.py")
    told = {one: at for one, at in (keys | looks).items() if one not in UNTOLD | APART}
    assert {one: at for one, at in told.items() if f"con.detail.{one}" not in known} == {}


VALUES = {
    "act": ("retry", "drop"),
    "by": segment_lists.NAMES,
    "cause": ("follower", "operator", "cancelled", "revoked"),
    "every": ("day", "week"),
    "family": segment_groups.FAMILIES,
    "faults": ("token", "followers", "templates"),
    "how": ("operator", *PINS, "replace", "add"),
    "kind": tuple(WORKS),
    "on": ("h5",),
    "outcome": (*RedeemOutcome, "usable"),
    "policy": ("keep", "move", "stop"),
    "purpose": ("marketing", "personalisation", "research", "topic"),
    "refused": ("Conflict", "InvalidInput", "NotFound", "RequestRejected", "GatewayDown"),
    "role": tuple(Role),
    "stage": ("draft", "live"),
    "tab": tuple(follower_one.TABS),
    "view": inbox.VIEWS,
    "what": (*syncs.WHAT, "profile", "picture", "consent", "access", "journeys"),
}  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_value_of_a_closed_set_has_words(lang):
    known = catalogue(lang)
    for key, values in VALUES.items():
        for value in values:
            assert any(f"{place}.{value}" in known for place in CLOSED[key]), (key, value)


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


@pytest.mark.parametrize(
    ("act", "detail", "said"),
    [
        ("operator.invite", {"of": "kefu", "role": "agent", "account": 2},
         "成员：Kefu，角色：客服，公众号：tea"),
        ("operator.invite", {"of": "kefu", "role": "viewer", "account": 0}, "公众号：所有公众号"),
        ("operator.role", {"of": "kefu", "before": "agent", "after": "viewer"},
         "由“客服”改为“只读”"),
        ("erase", {"cause": "operator", "certificate": "ab"}, "由谁提出：工作人员，删除凭证：ab"),
        ("page.open", {"tab": "rights"}, "标签页：同意与权利"),
        ("coupon_redeem", {"outcome": "unknown"}, "结果：没有这个券码"),
        ("account_check", {"faults": ["token", "templates"]}, "没通过的检查：凭证、模板消息"),
        ("chat_pass", {"to": "kefu"}, "转给：Kefu"),
        ("menu_rollback", {"menu": "main", "of": 3}, "照旧版：3"),
        ("follower_tag", {"tag": "keep"}, "标签：keep"),
    ],
)  # fmt: skip
def test_names_stand_for_numbers_and_words_for_values(house, act, detail, said):
    accounts.add("tea", "wx2", "s" * 32, "token", "a" * 43, "service", NOON)
    for name in ("lin", "kefu"):
        house.hire(name, Role.ADMIN)
    audit.record("operator:lin", act, NOON, detail={key: detail[key] for key in detail})
    page = house.signed_in("lin").get("/console/audit?days=365").text
    row = page.partition(f"<td>{catalogue('zh')[f'con.act.{act}']}</td>")[2].partition("</tr>")[0]
    assert set(said.split("，")) <= set(row.rpartition("<td>")[2].removesuffix("</td>").split("，"))


def test_an_edit_is_told_with_what_stood_there_before(house):
    house.hire("lin", Role.ADMIN)
    lin = house.signed_in("lin")
    before = {"attribute": "subscribed", "op": "eq", "value": False}
    define(house.account_id, "vip", "老客", before, house.clock())
    stamp = segments.by_slug(house.account_id, "vip").number
    rule = '{"attribute": "subscribed", "op": "eq", "value": true}'
    form = {"name": "贵客", "rule": rule, "seen": str(stamp), "as": "json"}
    assert post(lin, "/console/a/default/segments/vip/edit", **form).status_code == 302
    page = lin.get("/console/audit").text
    assert "名称：由“老客”改为“贵客”" in page
    assert "条件：由“" in page
    assert 'href="/console/a/default/segments/vip"' in page


def test_colleagues_are_called_by_their_names_wherever_they_appear(house):
    rule = {"attribute": "subscribed", "op": "eq", "value": True}
    define(house.account_id, "vip", "老客", rule, house.clock(), author="operator:lin")
    house.hire("lin", Role.ADMIN)
    operators.update(operators.by_name("lin").id, title="林小满")
    lin = house.signed_in("lin")
    post(lin, "/console/a/default/segments/vip/pins", followers="", how="include")
    page = lin.get("/console/a/default/segments/vip").text
    versions = page.partition("版本</h2>")[2].partition("</ul>")[0]
    assert "林小满" in versions
    assert "operator:lin" not in page
    with house.app.test_request_context():
        assert person("operator:lin") == "林小满"
        assert person("kf2001@gh_1") == "kf2001@gh_1"
