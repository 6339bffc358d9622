"""`hongyan rules`: files checked without a database; rules tried, kept, written out."""

import json

import pytest

from tests.bot.cli.test_commands import Shell

GOOD = """\
rules:
  - slug: parking
    name: 停车
    on: message
    keywords: [停车, {text: 车位, match: contains}]
    answers: [{text: 门口有停车场。}]
    hours: [09:00-22:00]
  - slug: night
    keywords: [停车]
    answers: [{text: 停车场晚上不开。}]
    priority: 50
"""


@pytest.fixture
def hongyan(tmp_path):
    (tmp_path / "good.yaml").write_text(GOOD, encoding="utf-8")
    return Shell(tmp_path)


def one(slug, *keywords, **more):
    return {"slug": slug, "keywords": list(keywords), "answers": [{"text": slug}], **more}


def test_good_rules_are_counted(hongyan):
    ended = hongyan("rules", "check", "good.yaml")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "2 条规则，0 个错误，0 个提醒\n"


def test_errors_are_said_in_words_and_end_with_status_one(hongyan):
    bad = hongyan.file("bad.json", [one("a", "车位"), one("b", "车位"), one("c", "人工")])
    ended = hongyan("rules", "check", bad)
    assert ended.returncode == 1
    assert ended.stdout.splitlines()[0].startswith("错误 duplicate: 关键词“车位”")
    assert ended.stdout.splitlines()[-1] == "3 条规则，1 个错误，1 个提醒"
    found = json.loads(hongyan("rules", "check", bad, "--json").stdout)
    assert [(f["kind"], f["rule"], f["other"]) for f in found["findings"]] == [
        ("duplicate", "b", "a"),
        ("overlap", "c", "word:human"),
    ]
    english = hongyan("rules", "check", bad, "--lang", "en").stdout
    assert english.splitlines()[-1] == "3 rules, 1 errors, 1 warnings"


def test_warnings_alone_end_with_status_nought(hongyan):
    ended = hongyan("rules", "check", hongyan.file("w.json", [one("c", "人工")]))
    assert ended.returncode == 0
    assert "提醒 overlap" in ended.stdout


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([one("a", "x"), {**one("b", "x"), "hour": 1}], "rules[1].hour: there is no such field"),
        (
            [one("a", {"text": "(a+", "match": "regex"})],
            "rules[0].keywords[0].text: no regular expression",
        ),
    ],
)
def test_what_cannot_be_read_is_one_line_with_its_place(hongyan, document, said):
    ended = hongyan("rules", "check", hongyan.file("x.json", document))
    assert ended.returncode == 1
    assert said in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_file_that_is_not_there(hongyan):
    ended = hongyan("rules", "check", "none.yaml")
    assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1)


@pytest.mark.parametrize(
    ("text", "at", "answers"),
    [
        ("停车", "2026-11-21T23:00", "night"),
        ("有车位吗", "2026-11-21T12:00", "parking"),
        ("退订", "2026-11-21T12:00", ""),
    ],
)
def test_a_text_is_tried_at_any_time(hongyan, text, at, answers):
    found = hongyan.json("rules", "test", text, "--file", "good.yaml", "--at", at)
    assert found["answers"] == answers
    assert found["rights_word"] == ("opt_out" if text == "退订" else "")


def test_rules_are_imported_listed_tried_and_exported_as_they_were(hongyan):
    assert "2 rules in live" in hongyan("rules", "import", "good.yaml").stdout
    assert [r["slug"] for r in hongyan.json("rules", "list")] == ["night", "parking"]
    assert hongyan.json("rules", "test", "车位")["hits"][0]["rule"] == "parking"
    assert hongyan("rules", "export", "out.yaml").returncode == 0
    assert hongyan("rules", "check", "out.yaml").returncode == 0
    assert hongyan("rules", "import", "out.yaml").returncode == 0
    assert len(hongyan.json("rules", "list")) == 2
    assert hongyan("rules", "xray").returncode == 0
    assert "removed" in hongyan("rules", "remove", "night").stdout
    assert len(hongyan.json("rules", "list")) == 1


def test_an_import_that_brings_errors_keeps_nothing(hongyan):
    hongyan("rules", "import", "good.yaml")
    bad = hongyan.file("bad.json", [one("new", "好"), one("twice", "停车", priority=10)])
    ended = hongyan("rules", "import", bad)
    assert ended.returncode == 1
    assert "停车" in ended.stderr
    assert len(hongyan.json("rules", "list")) == 2
    assert hongyan("rules", "import", bad, "--force").returncode == 0
    assert len(hongyan.json("rules", "list")) == 4
    assert hongyan("rules", "xray").returncode == 1


def test_a_rule_for_the_draft_begins_it_as_a_copy_of_what_is_live(hongyan):
    assert hongyan("rules", "import", "good.yaml").returncode == 0
    tea = hongyan.file("tea.json", [one("tea", "茶")])
    assert hongyan("rules", "import", tea, "--stage", "draft").returncode == 0
    assert hongyan("talk", "diff").stdout == "+ rule tea\n"
    assert hongyan("rules", "remove", "night", "--stage", "draft").returncode == 0
    assert hongyan("talk", "diff").stdout == "- rule night\n+ rule tea\n"
