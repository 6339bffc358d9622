"""Whatever refuses a marketer has Chinese; a refusal that somebody adds without it fails here.

A sentence that is missing goes into bot/i18n/refusals.zh.json: "english with {0}": "中文 {0}".
"""

import json
import re
import time
from pathlib import Path

import pytest
from werkzeug.exceptions import default_exceptions

import bot.i18n
from bot.channels.registry import CHANNELS
from bot.i18n import catalogue
from bot.i18n.refusals import Template, said
from tests.bot.i18n.refusal_texts import Source, collected

PACKAGES = (
    *("background", "campaign", "channels", "collect", "console", "content", "coupon", "effect"),
    *("experiment", "imports", "inbox", "insight", "journey", "learning", "menus", "nlp"),
    *("profile", "qrcodes", "segment", "store", "talk", "tracking", "values", "web", "wechat"),
)
# Sentences that no reader is shown, and why.
INTERNAL = {
    "con.invited.differ": "the name of words in the catalogue; the page puts them in",
    "the {0} {1} {2} {3}": "said of a segment, a campaign, a journey and a rule one by one",
}
TABLE = json.loads((Path(bot.i18n.__file__).parent / "refusals.zh.json").read_text("utf-8"))
SENTENCES: dict[str, str] = TABLE["sentences"]
HAN = re.compile("[\u3400-\u9fff]")
PLACE = re.compile(r"\{(\d+)(?:!|:([\w.]+))?\}")


@pytest.fixture(scope="module")
def found():
    rules = {one.rule: "bot/channels/registry.py" for one in CHANNELS.values() if one.rule}
    return collected(PACKAGES) | rules


def has_chinese(template):
    return template in SENTENCES or HAN.search(template) is not None


def filled(text, values="甲乙丙丁戊己"):
    return PLACE.sub(lambda place: values[int(place[1])], text)


def test_every_refusal_has_chinese(found):
    missing = {
        text: at for text, at in found.items() if not has_chinese(text) and text not in INTERNAL
    }
    assert missing == {}


def test_the_source_has_the_refusals_that_this_looks_at(found):
    assert len(found) > 650
    by_package = {at.split("/")[1] for at in found.values()}
    assert by_package >= {"campaign", "content", "coupon", "journey", "segment", "store", "talk"}


def test_the_table_has_no_sentence_that_the_source_lost(found):
    wide = [Template(tuple(re.split(r"\{\d+\}", text)), "") for text in found if "{0}" in text]
    gone = [text for text in SENTENCES if text not in found]
    assert [text for text in gone if not any(one.values(text) for one in wide)] == []


def test_what_the_library_says_of_a_request_is_its_own_words():
    its_own = {kind.description for kind in default_exceptions.values()}
    assert TABLE["libraries"].keys() <= its_own
    for english, chinese in TABLE["libraries"].items():
        assert said(english, "zh") == chinese


def test_no_exemption_outlives_its_sentence(found):
    assert [text for text in INTERNAL if text not in found] == []


@pytest.mark.parametrize("depth", ["", "schedule.at: ", "talk.yaml: rules[3].on: "])
def test_every_sentence_is_known_again_when_its_places_are_filled(depth):
    wrong = {}
    for english, chinese in SENTENCES.items():
        shown = said(depth + filled(english), "zh")
        if not shown.endswith(filled(chinese)):
            wrong[english] = shown
    assert wrong == {}


def test_chinese_has_the_places_of_its_english_and_the_words_it_asks_for():
    words = {key.rpartition(".")[0] for key in catalogue("zh")}
    for english, chinese in SENTENCES.items():
        places = PLACE.findall(chinese)
        assert {n for n, _ in places} <= {n for n, _ in PLACE.findall(english)}, english
        assert [name for _, name in places if name and name not in words] == [], english
        assert HAN.search(PLACE.sub("", chinese)), english


@pytest.mark.parametrize(
    ("source", "templates"),
    [
        ('raise InvalidInput("ab cd")', ["ab cd"]),
        ('raise Conflict(f"the {x} of {y.z!r} is gone")', ["the {0} of {1} is gone"]),
        ('raise NotFound("one, " + str(x) + " of two")', ["one, {0} of two"]),
        ('raise InvalidInput(f"shop.at[{i}]: too late", "shop")', ["too late"]),
        ('raise InvalidInput(f"{path}: is {{x}} or {x}", path)', ["is {x} or {0}"]),
        (
            "raise Conflict(f\"no {'way at all' if x else 'road there'}\")",
            ["no way at all", "no road there"],
        ),
        (
            "Verdict(True, {}, f\"the {'new' if x else 'old'} one serves {n}\")",
            ["the new one serves {0}", "the old one serves {0}"],
        ),
        ('raise NotFound("; ".join(f"{a} uses {b}" for a in all))', ["{0} uses {1}"]),
        ('W = {1: "no way", 2: "no road"}\nraise Conflict(W[x])', ["no way", "no road"]),
        (
            'class Own(Conflict):\n    def __init__(self): super().__init__("it is so")',
            ["it is so"],
        ),
        (
            'def f():\n    hint = f"; try {x}" if x else ""\n    raise NotFound(f"none{hint}")',
            ["none; try {0}", "none"],
        ),
        (
            "class Own(Conflict): pass\ndef _no(is_): return Own(f'it {is_}')\n_no('is too big')",
            ["it is too big"],
        ),
        (
            "class F:\n    def refuse(self, name, why) -> InvalidInput:\n"
            "        return InvalidInput(f'{self.at(name)}: {why}', name)\n"
            "raise fields.refuse('at', f'wants {n} days')",
            ["wants {0} days"],
        ),
        ("raise InvalidInput(str(error), error.field)", []),
        ('raise ValueError("of no concern")', []),
    ],
)
def test_texts_are_read_from_the_source(tmp_path, source, templates):
    one = tmp_path / "one.py"
    one.write_text(source, "utf-8")
    assert list(Source([one]).templates()) == templates


def test_a_new_refusal_without_chinese_is_noticed(tmp_path):
    one = tmp_path / "one.py"
    one.write_text('raise Conflict(f"the moon is {x}: wait for the night")', "utf-8")
    assert [text for text in Source([one]).templates() if not has_chinese(text)] == [
        "the moon is {0}: wait for the night"
    ]


@pytest.mark.parametrize(
    ("text", "zh"),
    [
        # the whole sentence, with values, with words of the catalogue for values
        ("is required", "必填"),
        ("there is no campaign 双十一", "没有活动 双十一"),
        ("the campaign is draft: it has not run", "活动目前是“草稿”，还没有发送过"),
        ("the campaign is melted: it has not run", "活动目前是“melted”，还没有发送过"),
        (
            "the campaign is draft: running can follow only scheduled, paused",
            "活动目前是“草稿”，变不成“发送中”（它之前只能是“已排期、已暂停”）",
        ),
        ("a text of 1 to  characters", "应为 1 到  个字"),
        # the most literal of those that match: not "wants one of {0}"
        ("wants one of a, b at least", "至少填其中一个：a, b"),
        # where it stands is kept, with the field's name where one is known
        ("schedule.until: must be later than schedule.at",
         "截止时间（schedule.until）：应晚于开始时间（schedule.at）"),
        ("variants[1].weight: wants a number", "版本权重（variants[1].weight）：请填数字"),
        ("x.y[0]: wants a number", "x.y[0]：请填数字"),
        ("a.yaml: slots[2].ask: is required", "a.yaml：slots[2].ask：必填"),
        # a sentence that ends with another one
        ("line 3: schedule.at: is required", "第 3 行：开始时间（schedule.at）：必填"),
        ("talk.yaml: rules[1].on: is required (and 3 more)",
         "talk.yaml：rules[1].on：必填（另有 3 处）"),
        # several in one line, where each is known
        ("the segment 'a' looks into 'vip'; the journey 'b' is for 'vip'",
         "人群 'a' 引用了 'vip'，请先改那里；旅程 'b' 用到人群 'vip'，请先改那里"),
        ("is required; nobody ever wrote this", "is required; nobody ever wrote this"),
        # words of the catalogue that are raised in English
        ("steps.s1: nothing leads to the step s1", "steps.s1：没有任何一步通向「s1」"),
        # line by line
        ("is required\nwants a number", "必填\n请填数字"),
        # as it is: Chinese, bilingual, unknown, empty
        ("验证码不对 (wrong code)", "验证码不对 (wrong code)"),
        ("请先提交", "请先提交"),
        ("schedule.at: nobody ever wrote this", "schedule.at: nobody ever wrote this"),
        ("42", "42"),
        ("", ""),
        ("con.invited.differ", "con.invited.differ"),
    ],
)  # fmt: skip
def test_said_in_chinese(text, zh):
    assert said(text, "zh") == zh
    assert said(zh, "zh") == zh, "saying it twice changes nothing"


@pytest.mark.parametrize(
    ("text", "en"),
    [
        ("is required", "is required"),
        ("验证码不对 (wrong code)", "wrong code"),
        ("45009: 太频繁，明天再试 (over the (daily) limit)", "45009: over the (daily) limit"),
        ("已有用户名 lin (the name is taken)", "the name is taken"),
        # no bilingual text: English with a Chinese value, Chinese in the brackets, no end
        ("there is no tag 会员 (or list)", "there is no tag 会员 (or list)"),
        ("没有标签 (会员)", "没有标签 (会员)"),
        ("没有标签 vip)", "没有标签 vip)"),
        ("(wrong code)", "(wrong code)"),
        ("", ""),
    ],
)
def test_said_in_english(text, en):
    assert said(text, "en") == en


@pytest.mark.parametrize(
    "value",
    ["{0}", "{1!}", "{0:campaign.state}", r"\1\g<0>", "is required", "甲: is required", "a: b",
     ") (", "%s", "<script>", "\u3000", "\u2028", "the campaign is draft: it has not run"],
)  # fmt: skip
def test_a_value_is_put_in_as_it_is(value):
    assert said(f"there is no campaign {value}", "zh") == f"没有活动 {value}"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("the campaign is " + ": ".join(["can follow only"] * 200), id="pieces"),
        pytest.param("there is no campaign " + "a: " * 1000, id="colons"),
        pytest.param("a" * 4000, id="one word"),
        pytest.param("a[" * 1900 + ": is required", id="path of brackets"),
        pytest.param("a[" * 1900 + "!", id="path that never ends"),
        pytest.param("a.b[1]" * 600 + ":", id="path without a rest"),
        pytest.param("ab\n" * 1300, id="short lines"),
        pytest.param("it is; " * 570, id="list"),
        pytest.param("a.b: " * 790 + "is required", id="path behind path"),
        pytest.param("line 1: " * 480 + "is required", id="sentence in sentence"),
        pytest.param("中 " + "(" * 3900 + ")", id="brackets"),
        pytest.param("\n".join(["is required to and fro"] * 170), id="lines"),
        pytest.param("there is no campaign " * 10_000, id="too long"),
    ],
)
def test_hostile_texts_take_no_time(text):
    said(text, "zh")
    began = time.process_time()
    for _ in range(3):
        said(text, "zh")
        said(text, "en")
    assert time.process_time() - began < 0.5


def test_a_text_too_long_for_a_refusal_stays():
    text = "there is no campaign " + "x" * 4000
    assert said(text, "zh") == text
