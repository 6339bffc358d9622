"""A console with something of everything, so that every page has what it shows."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from html import unescape
from io import BytesIO
from urllib.parse import urljoin, urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot import background, campaign, coupon
from bot.collect import intake
from bot.console.gate import COOKIE, RIGHTS, form_of
from bot.content import library
from bot.effect import digest, outcomes, postmortem
from bot.journey import installing
from bot.profile.refresh import fold_new
from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.store import accounts, quarantine
from bot.talk import packs
from tests.bot.console.test_inbox import Counter
from tests.conftest import a_follower

BOTH = {
    "slug": "weekend", "name": "周末第二杯", "segment": "all", "purpose": "marketing",
    "offer": "cup", "holdout": 0.2, "attribution_days": 1,
    "variants": [
        {"name": "plain", "text": "【鸿雁咖啡】新品上市：{link}"},
        {"name": "warm", "text": "【鸿雁咖啡】天凉了，来一杯热的：{link}"},
    ],
    "experiment": {"key": "tone"},
}  # fmt: skip
PEOPLE = "openid,gender\no-new-1,女\no-new-2,男\n,男\n"


def filled(house: Counter) -> None:
    """Followers, chats, a segment, coupons, a run with its post-mortem, a journey, an import ..."""
    of, clock = house.account_id, house.clock
    for number in range(12):
        a_follower(of, openid=f"o-{number}")
    house.says("你好")
    house.says("转人工")
    fold_new(clock())
    define(of, "all", "全部粉丝", {"attribute": "subscribed", "op": "eq", "value": True}, clock())
    refresh_all(clock())
    batch = {"slug": "cup", "title": "第二杯", "face_value_fen": 1050, "valid_days": 7}
    coupon.make_batch(of, {**batch, "codes": 40}, clock())
    piece = {"slug": "hello", "kind": "article", "title": "秋天的第一杯", "topics": ["咖啡"]}
    brought = library.bring(of, [("1", {**piece, "link": "https://example.com/a"})], clock())
    assert brought.rejected == [], brought.rejected
    installing.install(of, "catering", clock(), "operator:boss")
    quarantine.keep(of, "event", {"x": 1}, "person", "no such person", None, clock())
    intake.take_events(of, [{"x": 1}], clock())
    packs.apply(of, packs.pack("catering"), clock())
    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", clock())
    _a_run(house)
    by_the_pages(house)


def _a_run(house: Counter) -> None:
    """A campaign of two variants from its start to what is learnt of it a week later."""
    of, clock, services = house.account_id, house.clock, house.services
    campaign.create(services, of, BOTH, clock())
    campaign.create(services, of, {**BOTH, "slug": "draft", "name": "草稿"}, clock())
    campaign.start(services, of, "weekend", clock())
    for _ in range(3):
        campaign.push_due(services, clock())
        clock.on(minutes=1)
    campaign.close_due(clock())
    clock.on(days=2)
    campaign.close_due(clock())
    outcomes.tell_due(clock())
    postmortem.make_due(clock())
    clock.on(days=7)
    digest.make_due(clock())


def by_the_pages(house: Counter) -> None:
    """What an administrator makes in the console, and the long work that he asks for."""
    browser = house.signed_in("boss")

    def fill_in(path: str, **values: object) -> TestResponse:
        cookie = browser.get_cookie(COOKIE, path="/console")
        assert cookie is not None
        given = {"form": form_of(cookie.value), **values}
        answer = browser.post(f"/console/a/default/{path}", data=given)
        assert answer.status_code in (302, 303), f"{path}: {answer.status}"
        return answer

    house.platform.script["/cgi-bin/qrcode/create"].append(
        {"ticket": "gQH", "url": "http://weixin.qq.com/q/kZgfwMTm72WWPkovabbI"}
    )
    house.platform.script["/cgi-bin/user/get"].append({"total": 0, "count": 0, "next_openid": ""})
    fill_in("new-code", scene="door", name="门店海报", kind="lasting")
    fill_in("new-menu", slug="regulars", title="老客菜单", client_platform_type="1")
    fill_in("coupons/tills/new", shop="一号店", days="30")
    fill_in("campaigns/draft/dry-run")
    fill_in("followers/syncs/start", what="followers")
    table = (BytesIO(PEOPLE.encode()), "people.csv")
    columns = fill_in("followers/imports/upload", file=table, kind="followers").location
    run_background(house)
    address = columns.partition("?")[0].partition("/console/a/default/")[2]
    fill_in(f"{address}/start", kind="followers")
    run_background(house)


def run_background(house: Counter) -> None:
    background.run_short(house.services, house.clock())
    background.run_long(house.services, house.clock())


# --- every page ----------------------------------------------------------------------------------

_LINK = re.compile(r'(?:href|hx-get)="([^"#]*)')
_APART = ("tab", "kind")  # parts of an address that make another page of it


@dataclass
class Walk:
    """Where links led: endpoint (and tab) -> an address, of whole pages and of the rest: files, and
    parts that pages ask for by themselves."""

    whole: dict[str, str] = field(default_factory=dict)
    rest: dict[str, str] = field(default_factory=dict)

    @property
    def by_endpoint(self) -> dict[str, str]:
        """One whole page of each endpoint."""
        return {key.partition(" ")[0]: address for key, address in self.whole.items()}

    @property
    def endpoints(self) -> set[str]:
        return {key.partition(" ")[0] for key in (*self.whole, *self.rest)}


def walk(house: Counter, browser: FlaskClient) -> Walk:
    """Follow every link from the first page on. Fails where one leads nowhere.

    Of pages that differ in a number or in what is asked for (?...), one is enough.
    """
    urls = house.app.url_map.bind("localhost")
    found = Walk()
    waiting = deque([("/console/", "")])
    while waiting:
        address, whence = waiting.popleft()
        assert urls.test(urlsplit(address).path, "GET"), f"{whence} leads to {address}"
        endpoint, values = urls.match(urlsplit(address).path)
        key = " ".join([endpoint, *(str(values[n]) for n in _APART if n in values)])
        if key in found.whole or key in found.rest:
            continue
        answer = browser.get(address, follow_redirects=True, buffered=True)
        assert answer.status_code in (200, 204), f"{whence} leads to {address}: {answer.status}"
        is_whole = answer.mimetype == "text/html" and "<main" in answer.text
        (found.whole if is_whole else found.rest)[key] = address
        if is_whole:
            waiting.extend((link, address) for link in _links(answer.text, address))
    return found


def _links(html: str, address: str) -> list[str]:
    """Addresses of the console that a page leads to."""
    found = [urljoin(address, unescape(one)) for one in _LINK.findall(html)]
    return [one for one in found if one.startswith("/console/") and "/asset/" not in one]


def all_pages(house: Counter) -> set[str]:
    """Endpoints that somebody signed in may look at."""
    return {
        rule.endpoint
        for rule in house.app.url_map.iter_rules()
        if RIGHTS.get(rule.endpoint) is not None and "GET" in (rule.methods or ())
    }
