"""`hongyan segments`: documents, lists, pins, versions and reasons, as a marketer types them."""

from __future__ import annotations

import json

import pytest
from click import testing
from click.testing import CliRunner

from bot.cli import common, main
from bot.cli import segments as segments_cli
from bot.cli.root import cli
from bot.clock import utc_now
from bot.errors import HongyanError
from bot.profile.refresh import fold_new
from bot.segment import cost
from bot.store import attribute_types, audit, events
from bot.values.attributes import Declared
from tests.conftest import KEY, a_follower

VIP = """\
slug: vip
name: 会员
rule:
  all:
    - tag: vip
    - {attribute: city, op: contains, value: 京}
"""


class Shop:
    """Commands in this process, in a folder of its own."""

    def __init__(self, folder, account):
        self.folder, self.account = folder, account

    def __call__(self, *words):
        """Exit status, output, and what `main` would say on stderr."""
        ended = CliRunner().invoke(cli, ["segments", *words])
        if ended.exception and not isinstance(ended.exception, HongyanError | SystemExit):
            raise ended.exception
        said = str(ended.exception) if isinstance(ended.exception, HongyanError) else ended.stderr
        return ended.exit_code, ended.stdout, said

    def json(self, *words):
        return json.loads(self(*words, "--json")[1])

    def file(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")
        return name


@pytest.fixture
def hongyan(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HONGYAN_WECHAT_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("HONGYAN_SECRET_KEYS", KEY)
    kept = (common.settings, common.services, common._clock)
    for one in kept:
        one.cache_clear()
    yield Shop(tmp_path, common.services().account_of("default").id)
    common.services().store.close()
    for one in kept:
        one.cache_clear()


def a_vip(hongyan):
    now = utc_now()
    lin = a_follower(hongyan.account)
    for kind, facts in (("tag", {"tag": "vip"}), ("attribute", {"name": "city", "value": "北京"})):
        events.append(
            hongyan.account, lin, kind, at=now, received_at=now, source="import", key=kind,
            facts=facts,
        )  # fmt: skip
    fold_new(now)
    return lin


def test_a_segment_from_yaml_with_its_size_its_cost_and_why(hongyan):
    lin = a_vip(hongyan)
    status, out, _ = hongyan("define", hongyan.file("vip.yaml", VIP), "--by", "mei")
    assert status == 0
    first, size, price, *warnings, saved = out.splitlines()
    assert saved.startswith("saved as version 1;")
    assert first == "segment vip: 有标签「vip」，并且城市含有「京」"
    assert size == "1 followers"
    assert price.startswith("reads 3 rows when everybody is compared")
    assert [line[:12] for line in warnings] == ["! 「city」用了 c"]
    assert hongyan.json("preview", hongyan.file("r.json", '{"tag": "vip"}'))["cost"]["rows"] == 2
    hongyan("refresh")
    found = hongyan.json("why", "vip", str(lin))
    assert (found["member"], found["matches"]) == (True, True)
    assert "  + 有标签「vip」\n" in hongyan("why", "vip", str(lin))[1]
    assert hongyan.json("history", "vip")["versions"][0]["by"] == "mei"


def test_a_dry_run_tells_the_same_and_saves_nothing(hongyan):
    a_vip(hongyan)
    file = hongyan.file("vip.yaml", VIP)
    *told, last = hongyan("define", file, "--dry-run")[1].splitlines()
    assert last == "not saved: --dry-run"
    assert hongyan.json("list")["segments"] == []
    assert hongyan("define", file)[1].splitlines()[:-1] == told
    status, out, said = hongyan(
        "define", hongyan.file("b.yaml", VIP + "    - tag: ''"), "--dry-run"
    )
    assert (status, out) == (1, "")
    assert "1 to 64" in said


def test_what_is_heavy_is_saved_when_it_is_meant(hongyan, monkeypatch):
    """A terminal is asked unless it said yes before; a script is told, and not asked."""
    monkeypatch.setattr(cost, "HEAVY_ROWS", 0)
    a_vip(hongyan)
    for terminal, words, answer, saved in [
        (True, [], "n\n", False), (True, [], "y\n", True), (True, ["--yes"], "", True),
        (False, [], "", True),
    ]:  # fmt: skip
        monkeypatch.setattr(testing._NamedTextIOWrapper, "isatty", lambda self, t=terminal: t)
        ended = CliRunner().invoke(
            cli, ["segments", "define", hongyan.file("vip.yaml", VIP), *words], input=answer
        )
        assert "!! heavy" in ended.stdout
        assert ("Save it?" in ended.output) == (terminal and not words)
        assert bool(hongyan.json("list")["segments"]) == saved
        if saved:
            hongyan("remove", "vip")


def test_attributes_are_declared_and_called_by_their_titles(hongyan):
    def attributes(*words):
        return CliRunner().invoke(cli, ["attributes", *words])

    said = attributes(
        "define", "level", "enum", "--choice", "金", "--choice", "银", "--title", "等级"
    )
    assert said.output == "attribute level: enum\n"
    assert json.loads(attributes("list", "--json").output)["attributes"] == [
        {"name": "level", "kind": "enum", "choices": ["金", "银"], "title": "等级"}
    ]
    rule = '{"slug":"g","name":"g","rule":{"attribute":"level","value":"%s"}}'
    assert "等级是「金」" in hongyan("define", hongyan.file("g.json", rule % "金"))[1]
    assert hongyan("define", hongyan.file("g.json", rule % "铜"))[2] == "level takes one of 金, 银"
    assert attributes("remove", "level").exit_code == 0
    assert attributes("remove", "level").exit_code == 1


def test_a_list_a_pin_and_an_earlier_version(hongyan):
    lin = a_vip(hongyan)
    mei = a_follower(hongyan.account, "o-mei")
    file = hongyan.file("gold.csv", f"id,name\n{lin},Lin\n999,Nobody\n")
    done = hongyan.json("upload", "gold", file, "--name", "金卡", "--rejects", "bad.csv")
    assert (done["read"], done["taken"]) == (2, 1)
    assert (hongyan.folder / "bad.csv").read_text() == "line,why\n3,unknown\n"
    assert hongyan("pin", "gold", str(mei), "--in", "--reason", "老客户")[0] == 0
    hongyan("refresh")
    assert hongyan.json("members", "gold")["members"] == [lin, mei]
    assert hongyan.json("pins", "gold")["pins"][0]["reason"] == "老客户"
    hongyan("define", hongyan.file("vip.yaml", VIP))
    hongyan("define", hongyan.file("vip.yaml", VIP.replace("会员", "贵宾")))
    assert "有标签" in hongyan("restore", "vip", "1")[1]
    assert [one["name"] for one in hongyan.json("history", "vip")["versions"]] == [
        "会员", "贵宾", "会员",
    ]  # fmt: skip


def test_a_segment_that_is_used_stays(hongyan):
    hongyan("define", hongyan.file("vip.yaml", VIP))
    hongyan("define", hongyan.file("o.json", '{"slug":"o","name":"o","rule":{"segment":"vip"}}'))
    assert hongyan.json("used", "vip")["used_by"] == [{"kind": "segment", "slug": "o", "stage": ""}]
    status, _, said = hongyan("remove", "vip")
    assert (status, said) == (1, "the segment 'o' looks into 'vip'")
    assert hongyan("remove", "o")[0] == hongyan("remove", "vip")[0] == 0


def test_rfm_without_any_buyer_is_eight_empty_segments(hongyan):
    assert [one["size"] for one in hongyan.json("rfm")["segments"]] == [0] * 8


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["clusters"], "50 followers"),
        (["clusters", "--k", "few"], "a number or auto"),
        (["pin", "gold", "1"], "one of --in, --out, --by-rule"),
        (["history", "none"], "no segment 'none'"),
        (["restore", "none", "1"], "no segment 'none'"),
        (["why", "none", "1"], "no segment 'none'"),
        (["used", "none"], "no segment 'none'"),
        (["upload", "gold", "missing.csv"], "missing.csv"),
        (["define", "missing.yaml"], "missing.yaml"),
        (["define", "other.yaml"], "'weight' does not belong here"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(hongyan, words, said):
    hongyan.file("other.yaml", VIP + "weight: 1\n")
    status, _, words_said = hongyan(*words)
    assert status != 0
    assert said in words_said


def test_members_say_how_many_are_not_shown(hongyan, monkeypatch):
    """Pages are no part of it: they are smaller here than what is asked for."""
    monkeypatch.setattr(segments_cli, "_PAGE", 2)
    people = [a_follower(hongyan.account, f"o-{number}") for number in range(5)]
    everybody = '{"slug":"all","name":"all","rule":{"bucket":[0,100]}}'
    hongyan("define", hongyan.file("all.json", everybody))
    hongyan("refresh")
    lines = [f"{one}\n" for one in people]
    for limit, shown, note in [
        ("3", 3, "3 of 5 shown; --limit 0 shows all\n"),
        ("5", 5, ""),
        ("9", 5, ""),
        ("0", 5, ""),
    ]:
        assert hongyan("members", "all", "--limit", limit) == (0, "".join(lines[:shown]), note)
        assert hongyan.json("members", "all", "--limit", limit) == {
            "members": people[:shown], "size": 5, "truncated": bool(note),
        }  # fmt: skip
        audited = audit.entries(1)[0].to_json()
        assert audited["detail"] == {"segment": "all", "people": shown}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"tag": ""}, "rule.all[1].tag: a text of 1 to 64 characters"),
        ({"event": "order", "at_least": 0.5},
         "rule.all[1].at_least: a whole number from 1 to 1000"),
        ({"not": {"segment": "none"}}, "rule.all[1].not: there is no segment 'none'"),
        ({"model": "none", "at_least": 0.5}, "rule.all[1]: there is no model 'none'"),
        ({"list": "none"}, "rule.all[1]: there is no segment 'none' with a list"),
        ({"campaign": "none", "outcome": "sent"}, "rule.all[1]: there is no campaign 'none'"),
        ({"any": [{"coupon": "none", "state": "issued"}]},
         "rule.all[1].any[0]: there is no coupon batch 'none'"),
        ({"attribute": "points", "value": "many"}, "rule.all[1]: points takes a number"),
        ({"attribute": "points", "op": "contains", "value": "1"},
         "rule.all[1]: points is declared number: no contains"),
        ({"attribute": "joined", "op": "within_last", "value": 7},
         "rule.all[1]: joined is not declared as a date: hongyan attributes define joined date"),
    ],
)  # fmt: skip
def test_a_rule_is_refused_alike_where_it_is_tried_and_where_it_is_kept(
    hongyan, monkeypatch, capsys, rule, said
):
    attribute_types.define(hongyan.account, Declared("points", "number"), utc_now())
    whole = {"slug": "a", "name": "a", "rule": {"all": [{"tag": "vip"}, rule]}}
    for words, document in [
        ("define", whole), ("preview", whole), ("preview", whole["rule"]),
    ]:  # fmt: skip
        file = hongyan.file("a.json", json.dumps(document))
        monkeypatch.setattr("sys.argv", ["hongyan", "segments", words, file])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == f"hongyan: {said}"
        assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["clusters", "--k", "few"], "--k: a number or auto", id="the option itself"),
        pytest.param(["pin", "a", "1"], "one of --in, --out, --by-rule", id="nowhere"),
        pytest.param(["define", "a.json"], "name: a name has 1 to 64 characters", id="a key"),
        pytest.param(["define", "b.json"], r"a b: 'a\nb' does not belong here", id="in one line"),
    ],
)
def test_a_place_is_named_once(hongyan, monkeypatch, words, said):
    hongyan.file("b.json", r'{"a\nb": 1}')
    hongyan.file("a.json", '{"slug": "a", "rule": {"tag": "vip"}}')
    monkeypatch.setattr("sys.argv", ["hongyan", "segments", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == f"hongyan: {said}"


def test_a_document_is_tried_by_its_rule(hongyan):
    a_vip(hongyan)
    rule = hongyan.file("r.json", '{"tag": "vip"}')
    whole = hongyan.file("w.json", '{"slug": "w", "name": "w", "rule": {"tag": "vip"}}')
    assert hongyan.json("preview", whole) == hongyan.json("preview", rule)
    assert hongyan.json("preview", rule)["size"] == 1


def test_a_version_is_what_restore_takes(hongyan):
    """A name alone is an edit, too, and the rule's own count knows nothing of it."""
    for name, value in [("会员", "vip"), ("贵宾", "vip"), ("贵宾", "gold")]:
        text = json.dumps({"slug": "a", "name": name, "rule": {"tag": value}})
        *_, saved = hongyan("define", hongyan.file("a.json", text))[1].splitlines()
    assert saved.startswith("saved as version 3;")
    assert hongyan.json("list")["segments"][0]["version"] == 3
    assert hongyan.json("restore", "a", "2") == {
        "slug": "a", "version": 4, "restored": 2, "sentence": "有标签「vip」",
    }  # fmt: skip
    first, last = hongyan("restore", "a", "3")[1].splitlines()
    assert (first, last[:18]) == ("segment a: 有标签「gold」", "saved as version 5")
    assert [one["version"] for one in hongyan.json("history", "a")["versions"]] == [5, 4, 3, 2, 1]


def test_every_change_answers_in_json_when_asked(hongyan):
    lin = a_vip(hongyan)
    file = hongyan.file("vip.yaml", VIP)
    tried, made = hongyan.json("define", file, "--dry-run"), hongyan.json("define", file)
    assert (tried["version"], tried["saved"]) == (None, False)
    assert (made["version"], made["saved"], made["size"], made["slug"]) == (1, True, 1, "vip")
    assert made["cost"] == tried["cost"]
    for how in ("in", "out"):
        assert hongyan.json("pin", "vip", str(lin), f"--{how}")["how"] == how
    gone = {"segment": "vip", "how": "rule", "pins": 1}
    assert hongyan.json("pin", "vip", str(lin), "--by-rule") == gone
    assert hongyan.json("remove", "vip") == {"removed": "vip"}


def test_why_in_the_words_of_the_language(hongyan):
    lin = a_vip(hongyan)
    attribute_types.define(hongyan.account, Declared("birthday", "date", title="生日"), utc_now())
    rule = {"any": [{"attribute": "city", "op": "in", "value": ["上海", "广州"]},
                    {"attribute": "birthday", "op": "before", "value": "2000-01-01"}]}  # fmt: skip
    text = json.dumps({"slug": "a", "name": "a", "rule": rule})
    hongyan("define", hongyan.file("a.json", text))
    hongyan("refresh")
    said = "城市属于「上海」、「广州」，或者生日早于「2000-01-01」"
    assert hongyan("why", "a", str(lin))[1].splitlines() == [
        said,
        "不在人群中；规则现在不成立",
        "  - 城市属于「上海」、「广州」（实际：「北京」）",
        "  - 生日早于「2000-01-01」（实际：没有）",
    ]
    assert hongyan("why", "a", str(lin), "--lang", "en")[1].splitlines()[1:] == [
        "not in; the rule does not hold",
        '  - city is one of "上海", "广州" (found: "北京")',
        '  - 生日 is before "2000-01-01" (found: none)',
    ]
    assert hongyan.json("history", "a")["versions"][0]["sentence"] == said
    assert hongyan.json("restore", "a", "1")["sentence"] == said
