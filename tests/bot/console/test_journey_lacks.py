"""What a journey names and is not there: said, made and come back from, or swapped for what is
there; and everything that is there is called by its name."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from bot import journey
from bot.clock import SHANGHAI
from bot.console.rights import Role
from bot.coupon import make_batch
from bot.segment.catalogue import define
from bot.store import coupon_batches, journeys, operators
from bot.store.db import run
from handlers import dispatch
from tests.bot.console.conftest import House
from tests.bot.console.journey_desk import LIST, STEPS, TABLES, Desk
from tests.bot.console.sharing import emptied, post, shared

CANVAS = f"{LIST}/welcome-catering/canvas"
BATCH = {"kind": "cut", "face_value_fen": 2000, "threshold_fen": 10000, "codes": 10,
         "valid_days": 7, "per_person": 1}  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory, fresh_sqlite):
    folder = tmp_path_factory.mktemp("house")
    with shared(House, folder, fresh_sqlite(folder), "http://127.0.0.1:9", dispatch) as found:
        found.hire("lin", Role.MARKETER)
        found.hire("vi", Role.VIEWER)
        yield found


@pytest.fixture
def shop(built):
    for table in (*TABLES, "coupon_batch", "attribute_type"):
        run(f"DELETE FROM {table}")
    operators.update(operators.by_name("lin").id, language="zh")
    return emptied(built)


def batch(shop, slug, title):
    make_batch(shop.account_id, {**BATCH, "slug": slug, "title": title}, shop.clock(), SHANGHAI)


def test_a_ready_made_journey_says_what_is_missing_and_leads_to_making_it(shop):
    lin = shop.signed_in("lin")
    assert post(lin, f"{LIST}/install", trade="catering").location == CANVAS
    page = lin.get(CANVAS).text
    assert "还缺 3 样东西" in page
    assert "券批次“火锅券（welcome-hotpot）”" in page
    assert lin.get(f"{LIST}/welcome-catering").text.count("新建这批券") == 3
    assert f'href="{CANVAS}"' in lin.get(LIST).text
    refused = post(lin, f"{LIST}/welcome-catering/act", act="start")
    assert "步骤「hotpot」用到的券批次「welcome-hotpot」不存在" in refused.text
    assert "steps.hotpot" not in refused.text
    make = re.findall(r'href="([^"]*/coupons\?[^"]*)"', page)[0].replace("&amp;", "&")
    form = lin.get(make).text
    assert 'value="welcome-hotpot"' in form
    assert 'value="火锅券"' in form
    asked = {name: values[0] for name, values in parse_qs(urlsplit(make).query).items()}
    back = {"journey": asked["journey"], "step": asked["step"]}
    given = {"slug": asked["ref"], "title": asked["title"], "kind": "cut", "face_value": "20",
             "threshold": "100", "codes": "10", "per_person": "1", "valid_days": "7"}  # fmt: skip
    again = post(lin, "/console/a/default/coupons/new", **{**given, **back, "threshold": "1"})
    assert again.status_code == 422
    assert 'name="journey" value="welcome-catering"' in again.text, "the way back is not lost"
    made = post(lin, "/console/a/default/coupons/new", **given, **back)
    assert made.location == f"{CANVAS}?step=hotpot#side"
    assert "还缺 2 样东西" in lin.get(CANVAS).text


def test_what_is_there_stands_in_the_place_of_what_is_not(shop):
    lin = shop.signed_in("lin")
    post(lin, f"{LIST}/install", trade="catering")
    batch(shop, "latte", "拿铁券")
    desk = Desk(shop, path=CANVAS)
    desk.look()
    for name in ("welcome-hotpot", "welcome-cafe"):
        assert desk.do("swap", what="batch", name=name, by="latte").status_code == 302
    assert desk.do("swap", what="batch", name="welcome-any", by="").status_code == 422
    assert desk.do("swap", what="batch", name="welcome-any", by="latte").status_code == 302
    page = desk.look().text
    assert "样东西" not in page
    assert "附券 拿铁券" in page
    assert desk.do("publish", base="1", policy="keep").status_code == 302
    held = journeys.by_slug(shop.account_id, "welcome-catering")
    steps = journeys.version(held.id, 2).document["steps"]
    assert {one["send"].get("offer") for one in steps if "send" in one} == {"latte", None}
    assert desk.do("swap", what="moon", name="x", by="y").status_code == 404
    assert "看全貌，启动" in desk.look().text


def test_every_kind_of_missing_thing_is_told_with_where_it_is_made(shop):
    rule = {"all": [{"segment": "gone"}, {"coupon": "lost", "state": "claimed"}]}
    steps = [
        {"id": "ask", "branch": {"ways": [{"if": rule, "to": "send"}], "else": "send"}},
        {"id": "send", "send": {"purpose": "service", "text": "看 {link}", "content": "piece"}},
        {"id": "other", "start": "nowhere"}, STEPS[-1],
    ]  # fmt: skip
    trigger = {"when": "date", "attribute": "wedding"}
    document = {"slug": "wake", "name": "唤醒", "trigger": trigger, "steps": steps}
    journey.define(shop.account_id, document, shop.clock())
    lin = shop.signed_in("lin")
    page = lin.get(f"{LIST}/wake/canvas").text
    assert "还缺 5 样东西" in page
    ends = ("/new-segment?ref=gone", "/coupons?ref=lost", "/new-content?ref=piece",
            "/new-journey?ref=nowhere", "/followers/attributes?name=wedding")  # fmt: skip
    for end in ends:
        found = re.search(rf'href="([^"]*{re.escape(end)}[^"]*)"', page)
        assert found, end
        assert lin.get(found[1].replace("&amp;", "&")).status_code == 200
    rule = '{"tag": "vip"}'
    asked = {"slug": "gone", "name": "走了", "rule": rule, "journey": "wake", "step": "ask"}
    made = post(lin, "/console/a/default/new-segment", **asked)
    assert made.location == f"{LIST}/wake/canvas?step=ask#side"
    asked = {"name": "wedding", "kind": "date", "title": "婚期", "journey": "wake", "step": "*"}
    made = post(lin, "/console/a/default/followers/attributes/define", **asked)
    assert made.location == f"{LIST}/wake/canvas?step=*#side"
    page = lin.get(f"{LIST}/wake/canvas").text
    assert "还缺 3 样东西" in page
    assert "「婚期」当天" in page
    assert "在人群「走了」中" in page


@pytest.mark.parametrize("ref", ["//evil.example", "../x", "A B", ""])
def test_the_way_back_leads_to_a_journey_of_ours_or_nowhere(shop, ref):
    lin = shop.signed_in("lin")
    given = {"slug": "b1", "title": "券", "kind": "cash", "face_value": "5", "codes": "1",
             "per_person": "1", "valid_days": "7", "journey": ref, "step": "x"}  # fmt: skip
    made = post(lin, "/console/a/default/coupons/new", **given)
    assert made.location == "/console/a/default/coupons"


def test_who_may_only_look_is_offered_nothing_to_make(shop):
    post(shop.signed_in("lin"), f"{LIST}/install", trade="catering")
    page = shop.signed_in("vi").get(f"{LIST}/welcome-catering").text
    assert "新建这批券" not in page
    assert f"{CANVAS}" not in shop.signed_in("vi").get(LIST).text


def test_sentences_call_things_by_their_names(shop):
    batch(shop, "latte", "拿铁券")
    define(shop.account_id, "away", "很久没来", {"tag": "x"}, shop.clock())
    define(shop.account_id, "inner", "里面", {"all": [{"segment": "away"},
           {"coupon": "latte", "state": "claimed"}]}, shop.clock())  # fmt: skip
    steps = [
        {"id": "ask", "branch": {"ways": [{"if": {"segment": "away"}, "to": "give"}],
                                 "else": "end"}},
        {"id": "give", "coupon": "latte"}, {"id": "on", "start": "second"}, STEPS[-1],
    ]  # fmt: skip
    second = {"slug": "second", "name": "第二程", "trigger": {"when": "manual"}, "steps": STEPS}
    journey.define(shop.account_id, second, shop.clock())
    wake = {"slug": "wake", "name": "唤醒", "trigger": {"when": "segment", "segment": "away"},
            "audience": {"coupon": "latte", "state": "redeemed"}, "steps": steps}  # fmt: skip
    journey.define(shop.account_id, wake, shop.clock())
    lin = shop.signed_in("lin")
    said = "在人群「很久没来」中，并且曾经领取优惠券「拿铁券」"
    assert said in lin.get("/console/a/default/segments/inner").text
    for path in ("/wake", "/wake/canvas", "/wake/walk?go=1&attributes=city%3Dx"):
        page = lin.get(LIST + path).text
        assert "在人群「很久没来」中" in page, path
        assert "发放优惠券 拿铁券" in page or "walk" in path, path
        assert "「away」" not in page, path
    page = lin.get(f"{LIST}/wake").text
    assert "仅限：曾经核销优惠券「拿铁券」" in page
    assert "进入旅程「第二程」" in page
    assert coupon_batches.batch_by_slug(shop.account_id, "latte").title == "拿铁券"


def test_english_is_complete(shop):
    lin = shop.signed_in("lin")
    document = {"slug": "wake", "name": "wake", "trigger": {"when": "manual"}, "steps": [
        {"id": "send", "send": {"purpose": "service", "offer": "lost", "text": "see {link}",
                                "variants": [{"name": "a", "text": "1 {link}"},
                                             {"name": "b", "text": "2 {link}"}]}},
        {"id": "ask", "branch": {"ways": [{"if": {"tag": "vip"}, "to": "end"}], "else": "end"}},
        STEPS[-1]]}  # fmt: skip
    journey.define(shop.account_id, document, shop.clock())
    operators.update(operators.by_name("lin").id, language="en")
    for path in ("/wake", "/wake/canvas?step=send", "/wake/canvas?step=ask", "/wake/canvas?step=*"):
        shown = lin.get(LIST + path).text.replace("鸿雁", "")
        assert re.findall("[\u4e00-\u9fff]+", shown) == [], path
