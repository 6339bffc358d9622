"""Documents as their reader knows them: no name of a field and no choice is shown as it is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from bot.campaign.document.changes import differences
from bot.console.document_words import DocumentWords, rows_of

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
SCHEMAS = {
    "campaign": "campaign.schema.json", "journey": "schemas/journey.json",
    "content": "schemas/content.json", "rule": "schemas/rule.json",
    "intent": "schemas/intent.json",
}  # fmt: skip
RULE = {"attribute": "subscribed", "op": "eq", "value": True}


@pytest.fixture(params=["zh", "en"])
def reader(request):
    with Flask(__name__).test_request_context(headers={"Accept-Language": request.param}):
        yield request.param


@pytest.fixture
def chinese():
    with Flask(__name__).test_request_context(headers={"Accept-Language": "zh"}):
        yield


def fields(node, path=""):
    """(path, what its schema says) of every field, those of answers among them."""
    if "$ref" in node:
        node = json.loads((REFERENCE / "schemas" / node["$ref"]).read_text(encoding="utf-8"))
    for name, one in node.get("properties", {}).items():
        inner = f"{path}.{name}" if path else name
        if isinstance(one, dict):
            yield inner, one
            yield from fields(one, inner)
    if isinstance(node.get("items"), dict):
        yield from fields(node["items"], f"{path}[1]")
    for group in ("anyOf", "oneOf"):
        for one in node.get(group, ()):
            yield from fields(one, path)


def choices(node):
    """The words that a field may be, or those in its list."""
    found = [*node.get("enum", ()), *([node["const"]] if "const" in node else ())]
    parts = [node["items"]] if isinstance(node.get("items"), dict) else []
    for one in [*parts, *node.get("anyOf", ()), *node.get("oneOf", ())]:
        found += choices(one)
    return [one for one in found if isinstance(one, str) and one]


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_field_and_every_choice_has_words_of_the_reader_s(reader, kind):
    schema = json.loads((REFERENCE / SCHEMAS[kind]).read_text(encoding="utf-8"))
    said = DocumentWords(kind)
    raw = set()
    for path, one in fields(schema):
        name = path.rpartition(".")[2].partition("[")[0]
        last = said.label(path.replace("steps[1]", "steps.hi")).split(" › ")[-1]
        if last.partition(" ")[0] == name or (reader == "zh" and last.isascii() and last != "KEY"):
            raw.add(path)
        if reader == "zh":
            raw |= {f"{path}: {each}" for each in choices(one) if said.value(path, each) == each}
    assert raw == set()
    assert len(list(fields(schema))) > 5


LABELS = {
    ("campaign", "guardrails.rest.days"): "护栏 › 休息 › 天数",
    ("campaign", "variants[2].text"): "版本 2 › 文案",
    ("campaign", "audience.any"): "人群 › 属于任意一个",
    ("journey", "steps.hi.wait.until"): "步骤 hi › 等待 › 等到几点",
    ("journey", "steps.hi.branch.ways[2].if"): "步骤 hi › 条件分流 › 路 2 › 条件",
    ("menu", "button[1].sub_button[2].key"): "按钮 1 › 下级按钮 2 › KEY",
    ("rule", "hours"): "每天的生效时段",
    ("content", "fields.thing1"): "模板字段 › thing1",
}


@pytest.mark.parametrize(("kind", "path"), LABELS)
def test_where_a_field_stands_is_said_from_the_outside_in(chinese, kind, path):
    assert DocumentWords(kind).label(path) == LABELS[kind, path]


@pytest.mark.parametrize(
    ("kind", "path", "value", "said"),
    [
        ("campaign", "holdout", 0.2, "20%"),
        ("campaign", "budget_fen", 123450, "1,234.50 元"),
        ("campaign", "channels", "auto", "自动"),
        ("campaign", "channels", ["customer_service", "menu"], "客服消息，菜单"),
        ("campaign", "guardrails.quiet_hours", ["21:00", "09:00"], "21:00，09:00"),
        ("campaign", "goal.event", "order", "下单"),
        ("campaign", "goal.event", "walked_in", "walked_in"),
        ("campaign", "text", None, "–"),
        ("campaign", "schedule.best_hour", False, "否"),
        ("campaign", "priority", 0, "0"),
        ("journey", "steps.hi.wait.weekdays", [6, 7], "周六，周日"),
        ("content", "topics", {"咖啡": 1.0, "早餐": 0.3}, "咖啡：1\n早餐：0.3"),
        ("menu", "button[1]", {"name": "会员", "type": "view", "url": "https://a.example/"},
         "名称：会员\n点了以后：打开网页\n链接：https://a.example/"),
        ("rule", "answers[1]", {"text": "好", "lang": ""}, "文案：好"),
        ("rule", "answers[1].text", "长" * 700, "长" * 600 + "…"),
    ],
)  # fmt: skip
def test_a_value_is_said_as_the_forms_say_it(chinese, kind, path, value, said):
    assert DocumentWords(kind).value(path, value) == said


def test_steps_are_compared_by_name_and_conditions_are_sentences(chinese):
    """One more step in front is one difference, not one at every step behind it."""
    hi = {"id": "hi", "send": {"purpose": "marketing", "text": "旧"}}
    end = {"id": "end", "end": "finished"}
    before = {"slug": "w", "steps": [hi, end]}
    after = {"slug": "w", "steps": [{"id": "tag", "tag": "新客"}, hi, end]}
    assert rows_of("journey", before, after) == [("步骤 tag", "–", "标签：新客")]
    assert len(list(differences(before, after))) > 1
    said = DocumentWords("journey").readable({"steps": [{"id": 1}, "x"]})
    assert said == {"steps": [{"id": 1}, "x"]}, "what cannot be read stays as it is"
