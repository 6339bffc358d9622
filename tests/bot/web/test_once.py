"""The way back from the platform's page of a one-time subscription."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from bot import campaign
from bot.campaign.sending import once
from bot.store import entitlements, segments
from tests.bot.campaign.world import SEGMENT, a_document
from tests.conftest import NOON

MEANS = {"template_id": "T", "scene": 7, "title": "提醒"}


def test_a_confirmation_is_kept_once_and_a_made_up_one_not_at_all(site):
    segments.put(site.account_id, SEGMENT, "所有人", {"all": []}, NOON)
    document = a_document(channels=["one_time"], offer=..., text="开始了", one_time=MEANS)
    made = campaign.create(site.services, site.account_id, document, NOON)
    url = once.ask_url(site.account_id, site.lin, made.slug, "https://h", "http://box", NOON)
    word = dict(parse_qsl(urlsplit(url).query))["reserved"]
    assert word.isalnum()
    assert len(word) <= 128
    asked = {"openid": "o-lin", "template_id": "T", "action": "confirm", "scene": "7"}
    for _ in range(2):
        page = site.browser.get(once.BACK, query_string={**asked, "reserved": word})
        assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
        assert "已同意" in page.text
    assert entitlements.left([site.lin], "one_time", "T", 7) == {site.lin: 1}
    for changes in ({"reserved": "x"}, {}, {"reserved": word, "openid": "o-mei"}):
        assert site.browser.get(once.BACK, query_string={**asked, **changes}).status_code == 404
