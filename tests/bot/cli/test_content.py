"""`hongyan content`, as a marketer types it."""

from __future__ import annotations

import csv
import json

import pytest
from click.testing import CliRunner
from openpyxl import Workbook

from bot.cli import common
from bot.cli.root import cli
from bot.clock import utc_now
from bot.errors import HongyanError
from bot.store import audit, talk
from bot.talk.files import read_yaml
from tests.conftest import KEY, a_follower

ROWS = [
    ["货号", "商品名称", "价格", "主题", "毛利"],
    ["latte", "大杯拿铁", "22", "咖啡:0.8|早餐", "9"],
    ["tea", "热红茶", "十元", "茶", "8"],
    ["scone", "司康", "12.50", "早餐", "7"],
]
DOCUMENTS = """\
contents:
  - {slug: latte, kind: product, title: 大杯拿铁, price_fen: 2000, topics: {咖啡: 0.8, 早餐: 1}}
  - slug: hello
    kind: message
    title: 欢迎
    text: |
      {name|default:朋友}好，来喝一杯。
      回复 TD 退订
"""


class Shop:
    """Commands in this process, in a folder of its own."""

    def __init__(self, folder, account):
        self.folder, self.account = folder, account

    def __call__(self, *words):
        """Exit status, output, and what would stand on stderr."""
        ended = CliRunner().invoke(cli, ["content", *words])
        if ended.exception and not isinstance(ended.exception, HongyanError | SystemExit):
            raise ended.exception
        said = str(ended.exception) if isinstance(ended.exception, HongyanError) else ""
        return ended.exit_code, ended.stdout, ended.stderr + said

    def json(self, *words):
        return json.loads(self(*words, "--json")[1])

    def file(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")
        return name


@pytest.fixture
def hongyan(tmp_path, monkeypatch, fresh_sqlite):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HONGYAN_DATABASE_URL", fresh_sqlite(tmp_path))
    monkeypatch.setenv("HONGYAN_WECHAT_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("HONGYAN_SECRET_KEYS", KEY)
    kept = (common.settings, common.services, common._clock)
    for one in kept:
        one.cache_clear()
    yield Shop(tmp_path, common.services().account_of("default").id)
    common.services().store.close()
    for one in kept:
        one.cache_clear()


def a_table(hongyan, suffix):
    if suffix == "csv":
        with (hongyan.folder / "goods.csv").open("w", encoding="gb18030", newline="") as file:
            csv.writer(file).writerows(ROWS)
    else:
        book = Workbook()
        for row in ROWS:
            book.active.append(row)
        book.save(hongyan.folder / "goods.xlsx")
    return f"goods.{suffix}"


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_table_is_kept_once_its_bad_rows_are_named_and_unused_columns_told(hongyan, suffix):
    name = a_table(hongyan, suffix)
    status, out, _ = hongyan("import", name, "--by", "mei")
    assert status == 0
    assert out.splitlines() == [
        "line 3: price: wants a number, not '十元'",
        "columns that are not used: 毛利",
        "added 2, changed 0, unchanged 0, rejected 1",
        "kept as drafts; let them go out with: hongyan content publish SLUG",
    ]
    assert hongyan.json("import", name)["unchanged"] == 2
    listed = hongyan.json("list", "--topic", "咖啡")["contents"]
    assert [(one["slug"], one["state"], one["version"]) for one in listed] == [
        ("latte", "draft", 1)
    ]
    assert hongyan.json("list", "--kind", "article")["contents"] == []


def test_from_documents_to_what_goes_out_and_back(hongyan):
    hongyan("import", a_table(hongyan, "csv"))
    assert hongyan("publish", "latte")[1] == "latte: version 1 is published\n"
    assert hongyan.json("import", hongyan.file("all.yaml", DOCUMENTS))["changed"] == 1
    assert hongyan("diff", "latte")[1] == "version 1 -> 2: 1 fields\n  price_fen: 2200 -> 2000\n"
    shown = hongyan("show", "latte", "--version", "1")[1]
    assert "price_fen: 2200" in shown
    assert shown.splitlines()[0] == "# edited, version 1"
    assert "published" in shown.splitlines()[-1]
    assert hongyan.json("publish", "latte")["published"] == 2
    assert hongyan("publish", "latte")[1] == "latte: version 2 is published already\n"
    lines = "\n".join(json.dumps(one) for one in read_yaml(DOCUMENTS)["contents"])
    assert hongyan.json("import", hongyan.file("all.jsonl", lines))["unchanged"] == 2
    talk.put(hongyan.account, "faq", "menu", {"answers": [{"content": "latte"}]}, utc_now())
    assert hongyan("where-used", "latte")[1].splitlines()[-1].split()[:3] == ["faq", "menu", "live"]
    status, _, said = hongyan("archive", "latte")
    assert (status, "latte is in use: faq menu" in said) == (1, True)
    assert hongyan("archive", "hello")[1] == "hello is archived\n"
    assert hongyan("archive", "hello")[1] == "hello is archived already\n"
    actions = [one.action for one in audit.entries(100)]
    assert sorted(one for one in actions if one.startswith("content")) == sorted(
        ["content_import"] * 3 + ["content_publish"] * 2 + ["content_archive"]
    )


def test_an_error_keeps_a_piece_back_until_somebody_takes_it_upon_himself(hongyan):
    hongyan("import", hongyan.file("all.yaml", DOCUMENTS.replace("大杯", "全城最好的")))
    status, _, said = hongyan("publish", "latte")
    assert status == 1
    assert "错误  superlative  title:2-4「最好」" in said
    assert "latte is not published: superlative" in said
    assert hongyan("publish", "latte", "--despite", "superlative")[0] == 0
    status, out, _ = hongyan("lint")
    assert (status, out.splitlines()[-1]) == (1, "2 looked at, 1 without findings")
    assert hongyan.json("lint", "latte")["findings"]["latte"][0]["rule"] == "superlative"


def test_a_file_is_looked_at_before_anything_is_kept(hongyan):
    text = hongyan.file("a.txt", "转发本文章给好友，即可领5元红包")
    status, out, said = hongyan("lint", text, "--lang", "en")
    assert (status, said) == (1, "2 errors; see docs/reference/lint-rules.md")
    assert [line.split()[2] for line in out.splitlines()[:-1]] == [
        "inducement-share",
        "opt-out-missing",
    ]
    campaign = {"slug": "c", "name": "秋", "segment": "all", "purpose": "marketing"}

    def linted(text):
        return hongyan(
            "lint", hongyan.file("c.json", json.dumps({**campaign, "text": text})), "--json"
        )

    assert linted("新豆到店")[0] == 0
    found = json.loads(linted("最好的豆子")[1])["findings"]["c"]
    assert [(one["rule"], one["part"]) for one in found] == [("superlative", "text")]
    assert linted("{nickname}好")[2].startswith("text: there is no variable")
    assert hongyan("lint", hongyan.file("all.yaml", DOCUMENTS))[0] == 0
    assert hongyan("list")[1].splitlines()[1:] == []


def test_terms_of_the_account_are_kept_and_asked(hongyan):
    assert hongyan("terms", "add", "domain", "Shop.Example.CN")[1] == (
        "domain shop.example.cn is on the list\n"
    )
    assert hongyan("terms", "add", "forbidden", "拿铁")[0] == 0
    hongyan("import", hongyan.file("all.yaml", DOCUMENTS))
    assert hongyan.json("lint", "latte")["findings"]["latte"][0]["rule"] == "house-word"
    assert hongyan("terms", "remove", "forbidden", "拿铁")[0] == 0
    assert hongyan.json("terms", "list") == {"domain": ["shop.example.cn"], "forbidden": []}
    assert hongyan("terms", "remove", "forbidden", "拿铁")[0] == 1
    assert hongyan("terms", "add", "domain", "shop")[0] == 1


def test_a_message_with_a_followers_own_values_is_shown_and_logged(hongyan):
    hongyan("import", hongyan.file("all.yaml", DOCUMENTS))
    lin = a_follower(hongyan.account)
    assert "小雨好，来喝一杯" in hongyan("preview", "hello")[1]
    assert "朋友好，来喝一杯" in hongyan("preview", "hello", "--follower", str(lin))[1]
    assert [one.action for one in audit.entries(1)] == ["content_preview"]
    assert hongyan("preview", "hello", "--follower", "99")[0] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "nothing"], "there is no content 'nothing'"),
        (["publish", "nothing"], "there is no content 'nothing'"),
        (["import", "nothing.yaml"], "nothing.yaml: No such file"),
        (["import", "bad.csv"], "slug: no column is it"),
        (["import", "bad.yaml"], "bad.yaml: nothing of it could be kept"),
        (["lint", "nothing.txt"], "nothing.txt: No such file"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(hongyan, words, said):
    hongyan.file("bad.csv", "name,price\nx,3\n")
    hongyan.file("bad.yaml", "slug: x\n")
    status, _, error = hongyan(*words)
    assert status == 1
    assert said in error
