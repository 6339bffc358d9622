"""A console with something of everything, so that every page has what it shows."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from html import unescape
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot import background, campaign, coupon
from bot.collect import intake
from bot.console import people, signing
from bot.console.gate import COOKIE, RIGHTS, form_of
from bot.console.rights import Role
from bot.content import library
from bot.effect import digest, outcomes, postmortem
from bot.journey import installing
from bot.profile.refresh import fold_new
from bot.segment.catalogue import define
from bot.segment.refresh import refresh_all
from bot.store import accounts, insight_models, operators, quarantine, talk
from bot.store import background as background_tasks
from bot.talk import packs
from tests.bot.console.test_inbox import Counter
from tests.conftest import a_follower
from tests.support.pictures import png

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BOTH = {
    "slug": "weekend", "name": "周末第二杯", "segment": "all", "purpose": "marketing",
    "offer": "cup", "holdout": 0.2, "attribution_days": 1,
    "variants": [
        {"name": "plain", "text": "【鸿雁咖啡】新品上市：{link}"},
        {"name": "warm", "text": "【鸿雁咖啡】天凉了，来一杯热的：{link}"},
    ],
    "experiment": {"key": "tone"},
}  # fmt: skip
TEA = {
    "slug": "new-tea", "on": "message", "keywords": ["你好"], "answers": [{"text": "茉莉奶绿"}],
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
    talk.begin_draft(of)
    talk.put(of, "rule", "new-tea", TEA, clock(), stage=talk.DRAFT)
    accounts.add("second", "wx2", "s" * 32, "token", "a" * 43, "service", clock())
    _a_run(house)
    _a_model(house)
    by_the_pages(house)
    _a_run_that_goes_on(house)


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
    digest.make_due(clock())
    clock.on(days=7)
    digest.make_due(clock())


def _a_run_that_goes_on(house: Counter) -> None:
    of, clock, services = house.account_id, house.clock, house.services
    slow = {**BOTH, "slug": "now", "name": "现在就来", "pace": {"per_minute": 1}}
    del slow["experiment"]
    campaign.create(services, of, slow, clock())
    campaign.start(services, of, "now", clock())
    campaign.push_due(services, clock())


def _a_model(house: Counter) -> None:
    """With something in every part of its card."""
    lines = [
        {"said": tenth / 10, "found": tenth / 11, "low": tenth / 14, "high": tenth / 9, "rows": 70}
        for tenth in range(10)
    ]
    gains = [{"share": n / 10, "gain": (n / 10) ** 0.6, "lift": 2.0} for n in range(1, 11)]
    third = {"value": 0.7, "low": 0.6, "high": 0.8}
    group = {"about": "gender", "column": "gender", "group": "female", "rows": 210, "rate": 0.2,
             "said": 0.25, "gap": third, "chosen": 0.3, "auc": third}  # fmt: skip
    leak = {"check": "alone", "column": "orders_log",
            "said": "alone has an AUC of 0.970: is it known before the answer is?"}  # fmt: skip
    card = {
        "kind": "binary", "chosen": "logistic regression", "rows": 700, "yes": 90,
        "reasons": ["logistic regression: cross-validated AUC 0.7012"],
        "candidates": [{"name": "logistic regression", "auc": 0.7, "low": 0.6, "high": 0.8,
                        "log_loss": 0.4}],
        "split": {"manner": "time", "teach": 700, "judge": 300, "folds": [1, 2, 3]},
        "not_tried": {"blend": "it learns on one fold and is judged on another: there is one"},
        "warnings": [leak], "metrics": {"auc": third},
        "held_out": {"metrics": {"auc": third}, "calibration": lines, "gains": gains,
                     "calibration_error": 0.02, "fairness": [group],
                     "learning": [{"rows": 100, "taught": 0.9, "judged": 0.6},
                                  {"rows": 700, "taught": 0.8, "judged": 0.7}]},
    }  # fmt: skip
    drift = [{"feature": "orders_log", "psi": 0.3, "said": "strayed"}]
    insight_models.save(
        house.account_id, "redeem", "binary", b"", fingerprint="", card=card,
        metrics={"auc": 0.7, "drift": drift}, now=house.clock(),
    )  # fmt: skip


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
    house.platform.script["/cgi-bin/material/add_material"].append(
        {"media_id": "m1", "url": "https://mmbiz.qpic.cn/m1.png"}
    )
    house.platform.script["/cgi-bin/user/get"].append({"total": 0, "count": 0, "next_openid": ""})
    fill_in("new-code", scene="door", name="门店海报", kind="lasting")
    fill_in("new-menu", slug="regulars", title="老客菜单", client_platform_type="1")
    fill_in("coupons/tills/new", shop="一号店", days="30")
    fill_in("campaigns/draft/dry-run")
    fill_in("followers/syncs/start", what="followers")
    fill_in("new-picture", file=(BytesIO(png(11, 20)), "shop.png"))
    fill_in("replay", messages="100")
    fill_in("followers/export")
    started = _upload(fill_in)
    run_background(house)
    fill_in(f"{started}/start", kind="followers")
    run_background(house)
    _upload(fill_in)  # of which it is still to be said what its columns are
    run_background(house)


def _upload(fill_in: Callable[..., TestResponse]) -> str:
    """Where the page of its columns is."""
    table = (BytesIO(PEOPLE.encode()), "people.csv")
    there = fill_in("followers/imports/upload", file=table, kind="followers").location
    return there.partition("?")[0].partition("/console/a/default/")[2]


def run_background(house: Counter) -> None:
    background.run_short(house.services, house.clock())
    background.run_long(house.services, house.clock())


# --- every page ----------------------------------------------------------------------------------

_LINK = re.compile(r'(?:href|src|hx-get)="([^"#]*)')
_APART = ("tab", "kind")  # parts of an address that make another page of it
A = "/console/a/default"


def beginnings(house: Counter) -> list[str]:
    """Where a walk begins: pages that only forms lead to, and of some endpoints those that show
    what others do not."""
    replay, look, export = (
        background_tasks.last(house.account_id, kind).id
        for kind in ("replay", "import_look", "followers_export")
    )
    canvas = f"{A}/journeys/welcome-catering/canvas"
    return [
        "/console/",
        *(f"{A}/campaigns/{one}" for one in ("now", "now/live", "weekend", "draft")),
        *(f"{A}/campaigns/weekend/{one}" for one in ("effect", "edit", "ahead", "sheet")),
        f"{A}/campaigns/draft/ahead",
        f"{A}/followers/imports/new/{look}?kind=followers",
        *(f"{canvas}?step={one}" for one in ("hotpot", "taste")),
        f"{A}/models/1",
        f"{A}/replay/{replay}",
        f"{A}/reports/people?campaign=weekend&step=sent",
        f"{A}/reports/weeks/2026-W47",
        f"{A}/search?q=%E5%91%A8%E6%9C%AB",
        f"{A}/segments/all/why?follower=1",
        f"{A}/work/{export}",
        f"{A}/work/{export}/live",
    ]


def open_pages(house: Counter) -> Iterator[tuple[str, TestResponse]]:
    """Pages for who is not, or not quite, signed in: (address, answer)."""
    token = people.invite("new", "New", Role.VIEWER, house.account_id, "job", house.clock())
    half, boss = house.browser(), operators.by_name("boss")
    assert boss is not None
    cookie = signing.begin(people.get(boss.id), house.clock(), "a test", proved=False)
    half.set_cookie(COOKIE, cookie, path="/console")
    yield "/console/sign-in", house.browser().get("/console/sign-in")
    yield "/console/second", half.get("/console/second")
    yield f"/console/invited/{token}", house.browser().get(f"/console/invited/{token}")


@dataclass
class Shown:
    """A page, or what a page asks for by itself, as it was answered."""

    address: str
    headers: list[tuple[str, str]]
    body: bytes


@dataclass
class Walk:
    """Where links led: endpoint (and tab) -> whole pages, and the rest: files, and parts that pages
    ask for by themselves."""

    whole: dict[str, Shown] = field(default_factory=dict)
    rest: dict[str, Shown] = field(default_factory=dict)

    @property
    def endpoints(self) -> set[str]:
        return {key.partition(" ")[0] for key in (*self.whole, *self.rest)}

    def add(self, key: str, address: str, answer: TestResponse) -> bool:
        """True: it is a whole page."""
        is_whole = answer.mimetype == "text/html" and "<main" in answer.text
        shown = Shown(address, answer.headers.to_wsgi_list(), answer.data)
        (self.whole if is_whole else self.rest)[key] = shown
        return is_whole


def walk(house: Counter, browser: FlaskClient) -> Walk:
    """Follow every link. Fails where one leads nowhere.

    Of pages that differ in a number or in what is asked for (?...), one is enough, unless the walk
    begins with more.
    """
    urls = house.app.url_map.bind("localhost")
    found, known = Walk(), set()
    waiting = deque((one, "") for one in beginnings(house))
    while waiting:
        address, whence = waiting.popleft()
        assert urls.test(urlsplit(address).path, "GET"), f"{whence} leads to {address}"
        endpoint, values = urls.match(urlsplit(address).path)
        key = " ".join([endpoint, *(str(values[n]) for n in _APART if n in values)])
        if whence and key in known:
            continue
        known.add(key)
        answer = browser.get(address, follow_redirects=True, buffered=True)
        assert answer.status_code in (200, 204), f"{whence} leads to {address}: {answer.status}"
        if found.add(f"{key} {address}", address, answer):
            waiting.extend((link, address) for link in _links(answer.text, address))
    for address, answer in open_pages(house):
        assert found.add(f"{urls.match(address)[0]} {address}", address, answer), address
    return found


def _links(html: str, address: str) -> list[str]:
    """Addresses of the console that a page leads to."""
    found = [urljoin(address, unescape(one)) for one in _LINK.findall(html)]
    return [one for one in found if one.startswith("/console/") and "/asset/" not in one]


def all_pages(house: Counter) -> set[str]:
    """Endpoints that can be looked at, by whomever."""
    return {
        rule.endpoint
        for rule in house.app.url_map.iter_rules()
        if rule.endpoint in RIGHTS and "GET" in (rule.methods or ())
    }


def as_found(house: Counter, browser: FlaskClient, found: Walk) -> WSGIApplication:
    """Pages as the walk found them; what else they ask for the app itself answers, signed in."""
    kept = {one.address: one for one in (*found.whole.values(), *found.rest.values())}
    cookie = browser.get_cookie(COOKIE, path="/console")
    assert cookie is not None

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if (shown := kept.get(environ["REQUEST_URI"])) is not None:
            start_response("200 OK", shown.headers)
            return [shown.body]
        environ["HTTP_COOKIE"] = f"{COOKIE}={cookie.value}"
        return house.app(environ, start_response)

    return answer
