"""`hongyan pack` and `hongyan talk`, as a marketer types them."""

from __future__ import annotations

import json

import pytest

from tests.bot.cli.test_commands import Shell

pytestmark = pytest.mark.slow

FAQ = {"slug": "pets", "questions": ["能带狗吗", "宠物友好吗"], "answers": [{"text": "可以"}]}
DOGS = {"slug": "dogs", "questions": ["狗"], "answers": [{"text": "汪"}]}
LABELS = {"price": "多少钱", "refund": "要退"}
THINGS = ("毛衣", "裙子", "大衣", "球鞋", "帽子", "围巾")


@pytest.fixture
def hongyan(tmp_path):
    return Shell(tmp_path)


def ok(ended):
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def refused(ended):
    """One line, and no traceback."""
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    return ended.stderr


def test_a_trade_from_the_shell(hongyan):
    rows = hongyan.json("pack", "list")["packs"]
    assert {row["name"] for row in rows} == {"catering", "ecommerce", "education", "entertainment"}
    assert all(row["faq"] == 25 and row["intent"] >= 25 for row in rows)
    dry = ok(hongyan("pack", "apply", "catering", "--dry-run"))
    assert "would be added: " in dry
    assert "documents" not in ok(hongyan("talk", "list"))
    said = ok(hongyan("pack", "apply", "catering", "--no-train"))
    assert "25 faq" in said
    assert "nothing to change" in ok(hongyan("pack", "apply", "catering", "--no-train"))
    listed = hongyan.json("talk", "list", "--kind", "faq")["documents"]
    assert [row["origin"] for row in listed] == ["pack catering"] * 25
    assert "狗狗能进餐厅不" in ok(hongyan("talk", "show", "faq", "catering.pets"))
    assert "no pack 'shop'" in refused(hongyan("pack", "apply", "shop"))


def test_editing_in_a_draft_and_back(hongyan):
    ok(hongyan("talk", "import", hongyan.file("a.json", {"faqs": [DOGS]}), "--stage", "live"))
    file = hongyan.file("faq.json", {"faqs": [FAQ]})
    assert "+ faq pets" in ok(hongyan("talk", "import", file))
    assert "there is no faq pets in live" in refused(hongyan("talk", "show", "faq", "pets"))
    assert ok(hongyan("talk", "diff")) == "+ faq pets\n"
    assert hongyan.json("talk", "diff")["nothing"] is False
    assert "the draft is live" in ok(hongyan("talk", "publish"))
    assert "there is no draft" in refused(hongyan("talk", "publish"))
    assert "there is no draft" in refused(hongyan("talk", "diff"))
    assert "pets" in ok(hongyan("talk", "list"))
    assert "faq pets is removed" in ok(hongyan("talk", "remove", "faq", "pets"))
    assert ok(hongyan("talk", "diff")) == "- faq pets\n"
    assert ok(hongyan("talk", "discard")) == "the draft is gone\n"
    assert ok(hongyan("talk", "discard")) == "there was no draft\n"
    assert "live before is live again" in ok(hongyan("talk", "rollback"))
    assert "pets" not in ok(hongyan("talk", "list"))
    assert ok(hongyan("talk", "diff", "--from", "previous", "--to", "live")) == "- faq pets\n"


def test_a_folder_goes_out_and_comes_in_again(hongyan, tmp_path):
    everything = {"faqs": [FAQ], "settings": {"tone": {"greeting": "您好"}},
                  "examples": [{"text": "几点", "label": "hours"}]}  # fmt: skip
    ok(hongyan("talk", "import", hongyan.file("a.json", everything), "--stage", "live"))
    ok(hongyan("talk", "export", "--out", "out"))
    assert ok(hongyan("talk", "import", "out", "--stage", "live", "--replace")) == "no difference\n"
    as_yaml = ok(hongyan("talk", "export"))
    (tmp_path / "all.yaml").write_text(as_yaml, encoding="utf-8")
    assert "no difference" in ok(hongyan("talk", "import", "all.yaml", "--stage", "live"))
    empty = hongyan.file("none.json", {})
    gone = ok(hongyan("talk", "import", empty, "--stage", "live", "--replace", "--dry-run"))
    assert gone.splitlines() == ["- faq pets", "- setting tone", "  examples of hours: +0 -1"]
    assert "pets" in ok(hongyan("talk", "list"))


@pytest.mark.parametrize(
    ("document", "why"),
    [
        pytest.param({"faqs": [{**FAQ, "prio": 1}]}, "faqs[0].prio", id="an unknown field"),
        pytest.param({"poems": []}, "poems", id="an unknown section"),
        pytest.param([1], "mapping", id="no mapping"),
    ],
)
def test_a_bad_file_is_refused_in_a_line_and_nothing_is_kept(hongyan, document, why):
    assert why in refused(hongyan("talk", "import", hongyan.file("bad.json", document)))
    assert hongyan.json("talk", "list", "--stage", "draft")["documents"] == []


def test_what_names_something_that_is_not_there_is_refused_with_file_field_and_thing(hongyan):
    faulty = {
        "faqs": [{**FAQ, "answers": [{"form": "bookin"}, {"coupon": "xyz"}]}, {**DOGS, "prio": 1}]
    }
    file = hongyan.file("a.json", faulty)
    said = refused(hongyan("talk", "import", file))
    assert "a.json: faqs[1].prio: there is no such field" in said
    assert said.endswith("(and 2 more); --dry-run lists all\n")
    dry = hongyan("talk", "import", file, "--dry-run")
    assert (dry.returncode, dry.stdout) == (1, "")
    assert [line.split(": ")[2:4] for line in dry.stderr.splitlines()] == [
        ["faqs[1].prio", "there is no such field; there are slug, questions, answers, give"],
        ["faqs[0].answers[0].form", "there is no form bookin"],
        ["faqs[0].answers[1].coupon", "there is no batch xyz"],
    ]
    listed = hongyan("talk", "import", file, "--dry-run", "--json")
    assert listed.returncode == 1
    assert [one["file"] for one in json.loads(listed.stdout)["faults"]] == ["a.json"] * 3
    assert hongyan.json("talk", "list", "--stage", "draft")["documents"] == []


def test_a_draft_that_names_what_is_not_there_is_not_published(hongyan):
    day = {"name": "day", "title": "日期", "kind": "date", "ask": "哪天？"}
    form = {"slug": "booking", "title": "订座", "slots": [day]}
    both = {"faqs": [{**FAQ, "answers": [{"form": "booking"}]}], "forms": [form]}
    ok(hongyan("talk", "import", hongyan.file("a.json", both)))
    ok(hongyan("talk", "remove", "form", "booking"))
    said = refused(hongyan("talk", "publish"))
    assert said == "hongyan: faq pets: answers[0].form: there is no form booking\n"
    assert hongyan.json("talk", "list")["documents"] == []
    ok(hongyan("talk", "import", "a.json"))
    ok(hongyan("talk", "publish"))


@pytest.mark.parametrize(
    ("switch", "said", "left"),
    [
        pytest.param([], "; its 2 examples stay (--examples removes them, too)", 2, id="without"),
        pytest.param(["--examples"], ", and 2 examples", 0, id="with --examples"),
    ],
)
def test_an_intents_examples_go_only_where_that_is_asked_for(hongyan, switch, said, left):
    both = {
        "intents": [{"slug": "hours", "title": "营业时间", "answers": [{"text": "十点"}]}],
        "examples": [{"text": one, "label": "hours"} for one in ("几点开门", "几点关门")],
    }
    ok(hongyan("talk", "import", hongyan.file("a.json", both), "--stage", "live"))
    gone = ok(hongyan("talk", "remove", "intent", "hours", *switch))
    assert gone == f"intent hours is removed{said}\n"
    assert hongyan.json("talk", "list", "--stage", "draft")["examples"] == (
        {"hours": left} if left else {}
    )
    assert hongyan.json("talk", "list")["examples"] == {"hours": 2}


def test_what_is_not_there_is_named(hongyan):
    assert "none.yaml" in refused(hongyan("talk", "import", "none.yaml"))
    assert "there is no rule x in draft" in refused(hongyan("talk", "remove", "rule", "x"))
    assert "nothing was live before" in refused(hongyan("talk", "rollback"))
    assert "two at least" in refused(hongyan("nlu", "train"))


def test_training_from_the_store(hongyan):
    rows = [{"text": word + thing, "label": label} for label, word in LABELS.items()
            for thing in THINGS]  # fmt: skip
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (hongyan.folder / "examples.jsonl").write_text(lines, encoding="utf-8")
    said = ok(hongyan("talk", "import", "examples.jsonl", "--stage", "live"))
    assert "  examples of price: +6 -0" in said
    assert "model 1, in use; cross-validation: accuracy" in ok(hongyan("nlu", "train"))
    assert "model 1 is of these examples already, in use" in ok(hongyan("nlu", "train"))
