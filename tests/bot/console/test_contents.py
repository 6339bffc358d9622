"""内容库 in the console: written as YAML, looked at by the linter, published, archived."""

from __future__ import annotations

import pytest

from bot import campaign
from bot.console.rights import Role
from bot.content import library
from bot.content.documents import Kind
from bot.segment.catalogue import define
from bot.store import accounts, audit, contents, operators
from bot.talk.files import write_yaml
from tests.bot.console.conftest import post

LIST = "/console/a/default/contents"
NEW = "/console/a/default/new-content"
LATTE = {
    "slug": "latte", "kind": "product", "title": "大杯拿铁", "summary": "深烘豆，坚果香",
    "price_fen": 2200, "topics": {"咖啡": 1.0},
}  # fmt: skip
HELLO = {
    "slug": "hello", "kind": "message", "title": "欢迎", "channel": "customer_service",
    "text": "{name|default:朋友}好，来喝一杯。\n回复 TD 退订\n",
}  # fmt: skip
BEST = {**HELLO, "slug": "best", "text": "全网最低价，史上最好喝！\n回复 TD 退订\n"}


@pytest.fixture
def shop(house):
    house.hire("lin", Role.MARKETER)
    house.hire("vi", Role.VIEWER)
    return house


def write(shop, document, path=NEW, do="save", **more):
    text = document if isinstance(document, str) else write_yaml(document)
    return post(shop.signed_in("lin"), path, yaml=text, do=do, **more)


def published(shop, slug):
    return contents.by_slug(shop.account_id, slug).published


def test_a_piece_is_looked_at_on_a_phone_and_kept_as_a_draft(shop):
    seen = write(shop, HELLO, do="check")
    assert "好，来喝一杯。" in seen.text
    assert "没有发现问题" in seen.text
    assert list(contents.all_of(shop.account_id)) == []
    assert write(shop, HELLO).location == f"{LIST}/hello"
    held = contents.by_slug(shop.account_id, "hello")
    assert (held.state, held.latest) == ("draft", 1)
    assert audit.entries(1)[0].action == "content_edit"


FAULTS = {
    "no YAML": "a: [",
    "a bomb": "a: &a [1]\nb: *a",
    "an unknown kind": {**LATTE, "kind": "robot"},
    "no title": {**LATTE, "title": ""},
    "a batch that is not there": {
        "slug": "b", "kind": "coupon_batch", "title": "券", "batch": "none",
    },
    "too long": "a: " + "x" * 64_000,
}  # fmt: skip


def test_a_fault_comes_back_with_what_was_written_and_nothing_is_kept(shop):
    for name, document in FAULTS.items():
        answer = write(shop, document)
        assert answer.status_code == 422, name
        assert 'role="alert"' in answer.text, name
    assert list(contents.all_of(shop.account_id)) == []


def test_a_change_is_the_next_version_and_none_is_written_over_unseen(shop):
    write(shop, LATTE)
    path = f"{LIST}/latte/edit"
    changed = {**LATTE, "title": "超大杯拿铁"}
    assert "slug: latte" in shop.signed_in("lin").get(path).text
    assert write(shop, changed, path, seen="1").status_code == 302
    late = write(shop, {**LATTE, "title": "覆盖"}, path, seen="1")
    assert late.status_code == 409
    assert "覆盖" in late.text
    assert write(shop, {**LATTE, "slug": "other"}, path, seen="2").status_code == 422
    assert write(shop, LATTE).status_code == 422, "its slug is taken"
    assert contents.by_slug(shop.account_id, "latte").title == "超大杯拿铁"
    old = shop.signed_in("lin").get(f"{LIST}/latte?version=1")
    assert "title: 大杯拿铁" in old.text
    assert shop.signed_in("lin").get(f"{LIST}/latte?version=9").status_code == 404


def test_an_earlier_version_can_be_published(shop):
    write(shop, LATTE)
    write(shop, {**LATTE, "price_fen": 2500}, f"{LIST}/latte/edit", seen="1")
    lin = shop.signed_in("lin")
    assert post(lin, f"{LIST}/latte/publish", version="1").status_code == 302
    assert published(shop, "latte") == 1
    assert "已发布，有新草稿" in lin.get(LIST).text
    assert post(lin, f"{LIST}/latte/publish", version="2").status_code == 302
    assert post(lin, f"{LIST}/latte/publish", version="2").status_code == 302
    assert published(shop, "latte") == 2
    assert [one.action for one in audit.entries(3)].count("content_publish") == 2
    assert post(lin, f"{LIST}/latte/publish", version="7").status_code == 409


def test_what_the_linter_calls_an_error_goes_out_only_where_somebody_answers_for_it(shop):
    write(shop, BEST)
    lin = shop.signed_in("lin")
    refused = post(lin, f"{LIST}/best/publish", version="1")
    assert refused.status_code == 409
    assert "最低价" in refused.text
    assert published(shop, "best") is None
    content = library.read(shop.account_id, "best")
    found = library.lint_content(shop.account_id, content, shop.clock())
    rules = sorted({one.rule for one in found if one.severity == "error"})
    assert rules
    for rule in rules:
        assert f'name="despite" value="{rule}"' in refused.text
    answer = lin.post(
        f"{LIST}/best/publish",
        data={"version": "1", "despite": rules},
        headers={"X-Form": refused.text.split('name="form" value="')[1][:40]},
    )
    assert answer.status_code == 302
    assert audit.entries(1)[0].detail["despite"] == rules


def a_campaign_with(shop, slug):
    everybody = {"attribute": "subscribed", "op": "eq", "value": True}
    define(shop.account_id, "all", "全部", everybody, shop.clock())
    document = {
        "slug": "autumn", "name": "秋", "segment": "all", "purpose": "marketing",
        "text": "看 {link}", "content": [slug],
    }  # fmt: skip
    campaign.create(shop.services, shop.account_id, document, shop.clock())


def test_what_is_in_use_is_not_archived_and_says_where(shop):
    write(shop, {**LATTE, "link": "https://example.com/latte"})
    write(shop, HELLO)
    lin = shop.signed_in("lin")
    post(lin, f"{LIST}/latte/publish", version="1")
    a_campaign_with(shop, "latte")
    refused = post(lin, f"{LIST}/latte/archive")
    assert refused.status_code == 409
    assert "/console/a/default/campaigns/autumn" in refused.text
    assert '<td class="text-end">1</td><td>' in lin.get(LIST).text
    assert post(lin, f"{LIST}/hello/archive").status_code == 302
    assert "hello" not in lin.get(LIST).text
    assert "hello" in lin.get(f"{LIST}?archived=1").text


def test_the_list_goes_by_kind_and_a_page_at_a_time(shop):
    given = [(str(n), {**LATTE, "slug": f"p-{n:03}"}) for n in range(60)]
    library.bring(shop.account_id, [*given, ("m", HELLO)], shop.clock())
    vi = shop.signed_in("vi")
    page = vi.get(f"{LIST}?kind=product").text
    assert page.count("/contents/p-") == 50
    assert "hello" not in page
    assert vi.get(f"{LIST}?kind=product&after=p-049").text.count("/contents/p-") == 10
    assert "hello" in vi.get(f"{LIST}?kind=robot").text


def test_every_kind_has_a_beginning_and_a_viewer_writes_none(shop):
    lin, vi = shop.signed_in("lin"), shop.signed_in("vi")
    for kind in Kind:
        assert f"kind: {kind.value}" in lin.get(f"{NEW}?kind={kind.value}").text
    assert lin.get(f"{NEW}?kind=robot").status_code == 404
    assert vi.get(NEW).status_code == 403
    assert "new-content" not in vi.get(LIST).text


def test_what_marketers_write_never_runs(shop):
    evil = "<script>alert(1)</script>"
    write(shop, {**HELLO, "title": evil, "text": f"{evil} 回复 TD 退订"})
    lin = shop.signed_in("lin")
    for path in (LIST, f"{LIST}/hello", f"{LIST}/hello/edit"):
        page = lin.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text, path


def test_another_account_s_content_is_not_there(shop):
    write(shop, LATTE)
    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", shop.clock())
    lin = shop.signed_in("lin")
    for page in ("", "/edit"):
        assert lin.get(f"/console/a/second/contents/latte{page}").status_code == 404
    for act in ("publish", "archive"):
        assert post(lin, f"/console/a/second/contents/latte/{act}").status_code == 404
    assert published(shop, "latte") is None


def test_english_is_complete(shop):
    operators.update(operators.by_name("lin").id, language="en")
    write(shop, {**LATTE, "title": "Latte", "summary": "", "topics": {"coffee": 1.0}})
    browser = shop.signed_in("lin")
    for path in (LIST, f"{LIST}/latte", f"{LIST}/latte/edit"):
        shown = browser.get(path).text.replace("鸿雁", "")
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in shown), path
