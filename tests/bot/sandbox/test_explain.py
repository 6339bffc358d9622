"""Every refusal of the platform's is explained: what it means, and what to do."""

from __future__ import annotations

import ast
import inspect
import re
from types import ModuleType

import pytest

from bot.sandbox import crypto, judge, xml
from bot.sandbox.codes import MESSAGES, SHAKE_AROUND, message
from bot.sandbox.explain import explain, explain_errcode, explain_fault
from bot.sandbox.explain_codes import words
from bot.sandbox.fault_kinds import API
from bot.sandbox.traffic import Exchange
from bot.wechat.errcode_table import TABLE
from tests.conftest import NOON

CHINESE = re.compile("[一-鿿]")
LAST_RESORT = explain_fault("whatever expat says")


def reasons(module: ModuleType, *raisers: str) -> list[str]:
    """The literal reasons that a module gives, with 7 where a number is filled in."""
    calls = [n for n in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(n, ast.Call)]
    named = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id in raisers and c.args]
    texts = [_text(call.args[0]) for call in named]
    return [text for text in texts if text]


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(p.value) if isinstance(p, ast.Constant) else "7" for p in node.values)
    return ""


GIVEN = sorted(
    {
        *reasons(judge, "_fault", "BadCipher", "BadXml"),
        *reasons(crypto, "BadCipher"),
        *reasons(xml, "BadXml"),
    }
    - {"wants one <xml> element with fields"}  # is what the last resort says
)


@pytest.mark.parametrize("errcode", sorted({code for entry in TABLE for code in entry.codes}))
def test_every_code_that_programs_know_has_the_platforms_words(errcode):
    if errcode not in (-1, 61450):  # those are system errors
        assert message(errcode) != MESSAGES[-1]
    assert words(errcode) is not None, f"{errcode}: add it to explain_codes"


@pytest.mark.parametrize(
    ("errcode", "expected"),
    [
        pytest.param(48004, "api forbidden for irregularities", id="a code of the list"),
        pytest.param(50002, "user limited", id="a restricted account"),
        pytest.param(9001001, "shake around error", id="the first of a family"),
        pytest.param(9001036, "shake around error", id="the last of it"),
        pytest.param(9001037, "system error", id="behind it"),
        pytest.param(99999, "system error", id="what is no code"),
    ],
)
def test_the_words_of_a_code(errcode, expected):
    assert message(errcode).startswith(expected)


@pytest.mark.parametrize("errcode", sorted({*MESSAGES, *SHAKE_AROUND}))
def test_every_errcode_is_explained_in_words_of_our_own(errcode):
    assert words(errcode) is not None, f"{errcode}: add it to explain_codes"
    told = explain_errcode(errcode, message(errcode))
    assert told.zh.startswith(f"{errcode}：")
    assert CHINESE.search(told.zh)
    assert not CHINESE.search(told.en)


def test_a_code_without_words_is_explained_by_the_platforms():
    told = explain_errcode(99999, "something new rid: 6a-1-2")
    assert "something new" in told.zh
    assert "rid" not in told.zh + told.en
    assert "不要原样重试" in told.zh


@pytest.mark.parametrize("reason", GIVEN)
def test_every_reason_of_the_judge_is_explained(reason):
    assert explain_fault(reason) != LAST_RESORT
    assert "{" not in explain_fault(reason).zh


def test_what_the_xml_parser_says_is_an_answer_that_is_no_xml():
    assert explain_fault("syntax error: line 1, column 0") == LAST_RESORT
    assert "不是合法的 <xml>" in LAST_RESORT.zh


def an_exchange(way: str, outcome: str, rule: str = "", delivery: int = 0) -> Exchange:
    return Exchange(1, NOON, way, "text", "o-lin", "", "", outcome, rule, 0.0, delivery=delivery)


@pytest.mark.parametrize(
    ("exchange", "expected"),
    [
        pytest.param(an_exchange("push", "answered"), "已显示", id="a proper answer"),
        pytest.param(an_exchange("push", "silent"), "什么也不显示", id="success"),
        pytest.param(an_exchange("push", "fault", "empty Content"), "故障提示", id="a fault"),
        pytest.param(an_exchange("push", "late", "time-out", 1), "会再推", id="late at first"),
        pytest.param(an_exchange("push", "late", "time-out", 3), "放弃", id="late at last"),
        pytest.param(an_exchange("push", "refused", "HTTP 502", 2), "HTTP 502", id="a bad gateway"),
        pytest.param(an_exchange("push", "refused", "OSError", 1), "连不上", id="no connection"),
        pytest.param(
            an_exchange("push", "refused", "there is no program", 1), "没有设置", id="no program"
        ),
        pytest.param(an_exchange("push", "dropped", "MarkFail"), "没有投递", id="in a pause"),
        pytest.param(an_exchange("call", "0"), "成功", id="a call that was done"),
        pytest.param(an_exchange("call", "45009"), "额度", id="a call that was refused"),
        pytest.param(an_exchange("call", "fault", "drop"), "drop", id="a fault on demand"),
    ],
)
def test_what_is_said_of_an_exchange(exchange, expected):
    assert expected in explain(exchange).zh


@pytest.mark.parametrize("kind", sorted(API))
def test_every_fault_on_demand_is_named(kind):
    assert kind in explain(an_exchange("call", "fault", kind)).zh
