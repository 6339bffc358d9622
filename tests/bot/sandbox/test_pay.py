"""WeChat Pay's coupons, v3 (4.15): stocks, one coupon per number, and the callback of their use."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from bot.sandbox.clock import MovableClock
from bot.sandbox.explain import explain
from bot.sandbox.pay import Pay, PayError, iso
from bot.sandbox.pay_keys import MCHID, authorization, merchant
from bot.sandbox.pay_notices import use_coupon
from bot.sandbox.platform import Platform
from bot.sandbox.web.app import create_app
from tests.bot.sandbox.conftest import Answer, Asked, a_config
from tests.conftest import NOON

FAVOR = "/v3/marketing/favor"
APPID = "wxsandbox00000001"
DAY = timedelta(days=1)


def a_stock(**changes: Any) -> dict[str, Any]:
    """Ten coupons of 5 yuan off 20, one for each person, in force from now on."""
    use = {"fixed_normal_coupon": {"coupon_amount": 500, "transaction_minimum": 2000}}
    rule = {
        "max_coupons": 10,
        "max_amount": 5000,
        "max_coupons_per_user": 1,
        "natural_person_limit": False,
        "prevent_api_abuse": False,
    }
    return {
        "stock_name": "火锅周年庆",
        "comment": "两人同行",
        "belong_merchant": MCHID,
        "available_begin_time": iso(NOON),
        "available_end_time": iso(NOON + 30 * DAY),
        "stock_use_rule": {**rule, **changes.pop("rule", {})},
        "coupon_use_rule": {**use, "available_merchants": [MCHID], **changes.pop("use", {})},
        "no_cash": True,
        "stock_type": "NORMAL",
        "out_request_no": "stock-1",
        **changes,
    }


class Merchant:
    """A program of the merchant's: signs what it asks, checks what is answered."""

    def __init__(self, platform: Platform) -> None:
        self.platform, self.world = platform, platform.world
        self.client = create_app(platform).test_client()
        self.keys = merchant(self.world)
        self.headers: dict[str, str] = {}
        self.status = 0
        self.lin = self.world.person("o-lin")

    def call(self, method: str, target: str, body: Any = None, **headers: str) -> dict[str, Any]:
        raw = "" if body is None else body if isinstance(body, str) else json.dumps(body)
        stamp = int(self.world.clock.signing().timestamp())
        sent = {"Authorization": authorization(method, target, raw, stamp, "n0nce"), **headers}
        answer = self.client.open(target, method=method, data=raw, headers=sent)
        self.status, self.headers = answer.status_code, dict(answer.headers)
        self.check(self.headers, answer.data)
        return dict(json.loads(answer.data))

    def check(self, headers: dict[str, str], body: bytes) -> None:
        """The platform's signature; raises InvalidSignature."""
        key = load_pem_public_key(self.keys["platform_public_key"].encode())
        assert isinstance(key, RSAPublicKey)
        assert headers["Wechatpay-Serial"] == self.keys["platform_serial_no"]
        lines = (headers["Wechatpay-Timestamp"], headers["Wechatpay-Nonce"], body.decode())
        text = "".join(f"{line}\n" for line in lines).encode()
        key.verify(base64.b64decode(headers["Wechatpay-Signature"]), text, PKCS1v15(), SHA256())

    def opened(self, sealed: dict[str, str]) -> str:
        box = AESGCM(self.keys["apiv3_key"].encode())
        cipher = base64.b64decode(sealed["ciphertext"])
        return box.decrypt(
            sealed["nonce"].encode(), cipher, sealed["associated_data"].encode()
        ).decode()

    def get(self, target: str) -> dict[str, Any]:
        return self.call("GET", target)

    def post(self, target: str, body: Any) -> dict[str, Any]:
        return self.call("POST", target, body)

    def code(self, target: str, body: Any) -> tuple[int, str]:
        answer = self.post(target, body)
        assert answer.get("message", "ok")
        return self.status, answer.get("code", "")

    def stock(self, start: bool = True, **changes: Any) -> str:
        stock_id = str(self.post(f"{FAVOR}/coupon-stocks", a_stock(**changes))["stock_id"])
        if start:
            self.move(stock_id, "start")
        return stock_id

    def move(self, stock_id: str, how: str) -> tuple[int, str]:
        return self.code(f"{FAVOR}/stocks/{stock_id}/{how}", {"stock_creator_mchid": MCHID})

    def seen(self, stock_id: str) -> dict[str, Any]:
        return self.get(f"{FAVOR}/stocks/{stock_id}?stock_creator_mchid={MCHID}")

    def issue(
        self, stock_id: str, number: str = "n-1", openid: str = "o-lin", **changes: Any
    ) -> dict[str, Any]:
        body = {
            "stock_id": stock_id,
            "out_request_no": number,
            "appid": APPID,
            "stock_creator_mchid": MCHID,
            **changes,
        }
        return self.post(f"{FAVOR}/users/{openid}/coupons", body)

    def issued(self, stock_id: str, number: str = "n-1", **changes: Any) -> tuple[int, str]:
        answer = self.issue(stock_id, number, **changes)
        return self.status, answer.get("code", "")

    def later(self, by: timedelta) -> None:
        clock = self.world.clock
        assert isinstance(clock, MovableClock)
        wall = clock.wall()
        clock.wall = lambda: wall + by

    def use(self, coupon_id: str) -> str:
        return use_coupon(self.world, self.platform.timeline, coupon_id)

    def notices(self) -> list[int]:
        """The statuses of the callback's deliveries, once none waits."""
        assert self.platform.timeline.drain(10)
        return [one["status"] for one in self.world.ledger.records("coupon_notice")]


@pytest.fixture
def shop() -> Iterator[Merchant]:
    platform = Platform(a_config(), MovableClock(lambda: NOON))
    platform.timeline.start()
    yield Merchant(platform)
    platform.timeline.stop()


# --- signatures --------------------------------------------------------------------------------


def test_the_merchant_gets_all_that_a_program_is_configured_with(shop: Merchant):
    keys = shop.keys
    assert (keys["mchid"], keys["appid"]) == (MCHID, APPID)
    assert len(keys["apiv3_key"]) == 32
    private = load_pem_private_key(keys["private_key"].encode(), None)
    assert isinstance(private, RSAPrivateKey)
    assert private.key_size == 2048
    certificate = x509.load_pem_x509_certificate(keys["platform_certificate"].encode())
    assert f"{certificate.serial_number:040X}" == keys["platform_serial_no"]
    assert certificate.public_key() == load_pem_public_key(keys["platform_public_key"].encode())
    assert certificate.not_valid_before_utc < NOON < certificate.not_valid_after_utc


def test_the_platform_s_certificate_is_handed_out_sealed(shop: Merchant):
    (one,) = shop.get("/v3/certificates")["data"]
    assert one["serial_no"] == shop.keys["platform_serial_no"]
    found = x509.load_pem_x509_certificate(shop.opened(one["encrypt_certificate"]).encode())
    assert f"{found.serial_number:040X}" == one["serial_no"]


STAMP = int(NOON.timestamp())


def signed(target: str = "/v3/certificates", stamp: int = STAMP, body: str = "") -> str:
    return authorization("GET", target, body, stamp, "n0nce")


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="none"),
        pytest.param(signed().replace("RSA2048", "RSA1024"), id="another scheme"),
        pytest.param(signed().replace(MCHID, "1900000110"), id="another merchant"),
        pytest.param(signed().replace('serial_no="5', 'serial_no="6'), id="another certificate"),
        pytest.param(signed().replace("n0nce", "n1nce"), id="another nonce"),
        pytest.param(signed().replace("n0nce", ""), id="no nonce"),
        pytest.param(signed().replace(f'"{STAMP}"', '"noon"'), id="a time that is none"),
        pytest.param(signed().replace('"', ""), id="no quotes"),
        pytest.param(signed("/v3/certificates?a=1"), id="another query"),
        pytest.param(signed(body="{}"), id="another body"),
        pytest.param(signed(stamp=STAMP - 301), id="five minutes late"),
        pytest.param(signed(stamp=STAMP + 301), id="five minutes early"),
        pytest.param(signed().replace('signature="', 'signature="*'), id="no base64"),
    ],
)
def test_a_request_that_the_merchant_has_not_signed(shop: Merchant, header):
    answer = shop.call("GET", "/v3/certificates", Authorization=header)
    assert (shop.status, answer["code"]) == (401, "SIGN_ERROR")


def test_the_log_of_the_traffic_explains_a_refusal(shop: Merchant):
    shop.get(f"{FAVOR}/stocks/1?stock_creator_mchid={MCHID}")
    refused = shop.world.traffic.since()[-1]
    assert (refused.what, refused.method) == (f"{FAVOR}/stocks/1", "GET")
    assert "RESOURCE_NOT_EXISTS" in explain(refused).zh
    assert "批次不存在" in explain(refused).zh


@pytest.mark.parametrize("stamp", [STAMP - 300, STAMP + 300])
def test_five_minutes_are_near_enough(shop: Merchant, stamp):
    shop.call("GET", "/v3/certificates", Authorization=signed(stamp=stamp))
    assert shop.status == 200


@pytest.mark.parametrize(
    "target", [f"{FAVOR}/stocks", "/v3/pay/transactions/jsapi", "/brand/marketing/product-coupon"]
)
def test_what_nobody_plays_is_not_there(shop: Merchant, target):
    assert shop.code(target, {}) == (404, "RESOURCE_NOT_EXISTS")


@pytest.mark.parametrize("body", ["", "[]", "{"])
def test_a_body_that_is_no_object(shop: Merchant, body):
    assert shop.code(f"{FAVOR}/coupon-stocks", body) == (400, "PARAM_ERROR")


def test_new_merchants_cannot_make_merchant_coupons(shop: Merchant):
    answer = shop.post("/v3/marketing/busifavor/stocks", {"stock_name": "商家券"})
    assert (shop.status, answer["code"]) == (403, "NO_AUTH")
    assert "2025-12-15" in answer["message"]


# --- stocks ------------------------------------------------------------------------------------


def test_a_stock_is_started_paused_and_restarted(shop: Merchant):
    stock_id = shop.stock(start=False)
    states = [shop.seen(stock_id)["status"]]
    for how in ("start", "pause", "restart"):
        shop.move(stock_id, how)
        states.append(shop.seen(stock_id)["status"])
    assert states == ["unactivated", "running", "paused", "running"]
    shop.later(30 * DAY)
    assert shop.seen(stock_id)["status"] == "stoped"


def test_a_stock_tells_what_it_was_made_of(shop: Merchant):
    seen = shop.seen(shop.stock())
    assert (seen["stock_name"], seen["description"]) == ("火锅周年庆", "两人同行")
    assert (seen["distributed_coupons"], seen["no_cash"]) == (0, True)
    assert seen["stock_use_rule"]["fixed_normal_coupon"] == {
        "coupon_amount": 500,
        "transaction_minimum": 2000,
    }
    assert seen["available_begin_time"] == seen["start_time"] == "2026-11-21T12:00:00+08:00"


@pytest.mark.parametrize(
    ("first", "how"),
    [
        pytest.param((), "pause", id="pause what has not started"),
        pytest.param((), "restart", id="restart what has not started"),
        pytest.param(("start",), "start", id="start twice"),
        pytest.param(("start",), "restart", id="restart what runs"),
        pytest.param(("start", "pause"), "pause", id="pause twice"),
    ],
)
def test_a_step_that_does_not_follow(shop: Merchant, first, how):
    stock_id = shop.stock(start=False)
    for step in first:
        shop.move(stock_id, step)
    assert shop.move(stock_id, how) == (400, "INVALID_REQUEST")


def test_the_same_number_makes_the_same_stock(shop: Merchant):
    assert shop.stock(start=False) == shop.stock(start=False)
    assert shop.code(f"{FAVOR}/coupon-stocks", a_stock(comment="别的")) == (400, "PARAM_ERROR")
    assert shop.stock(out_request_no="stock-2") != shop.stock(start=False)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"stock_name": ""}, id="no name"),
        pytest.param({"stock_name": "一二三四五六七八九十一"}, id="too long a name"),
        pytest.param({"belong_merchant": "1900000110"}, id="another merchant's"),
        pytest.param({"stock_type": "DISCOUNT"}, id="another type"),
        pytest.param({"no_cash": "yes"}, id="no_cash is no boolean"),
        pytest.param({"out_request_no": "a b"}, id="a number with a blank"),
        pytest.param({"out_request_no": "a" * 129}, id="too long a number"),
        pytest.param({"available_begin_time": "noon"}, id="a time that is none"),
        pytest.param({"available_begin_time": "2026-11-22T12:00:00"}, id="a time without zone"),
        pytest.param({"available_begin_time": iso(NOON - DAY)}, id="begun already"),
        pytest.param({"available_begin_time": iso(NOON + 366 * DAY)}, id="in more than a year"),
        pytest.param({"available_end_time": iso(NOON)}, id="ends as it begins"),
        pytest.param({"available_end_time": iso(NOON + 91 * DAY)}, id="longer than 90 days"),
        pytest.param({"rule": {"max_amount": 4999}}, id="a budget that is no product"),
        pytest.param({"rule": {"max_coupons": 0, "max_amount": 0}}, id="no coupons"),
        pytest.param({"rule": {"max_coupons": True}}, id="a boolean for a number"),
        pytest.param({"rule": {"max_coupons_per_user": 61}}, id="61 for each"),
        pytest.param({"rule": {"natural_person_limit": None}}, id="no word of natural persons"),
        pytest.param({"rule": {"max_amount_by_day": 499}}, id="less a day than one coupon"),
        pytest.param({"use": {"available_merchants": []}}, id="usable nowhere"),
        pytest.param({"use": {"fixed_normal_coupon": {}}}, id="of no value"),
        pytest.param(
            {"use": {"fixed_normal_coupon": {"coupon_amount": 500, "transaction_minimum": 500}}},
            id="a gift, not a discount",
        ),
    ],
)
def test_a_stock_that_cannot_be(shop: Merchant, change):
    assert shop.code(f"{FAVOR}/coupon-stocks", a_stock(**change)) == (400, "PARAM_ERROR")


def test_a_stock_that_is_none(shop: Merchant):
    assert shop.move("98065001", "start") == (404, "RESOURCE_NOT_EXISTS")
    assert shop.seen("98065001")["code"] == "RESOURCE_NOT_EXISTS"
    other = {"stock_creator_mchid": "1900000110"}
    assert shop.code(f"{FAVOR}/stocks/{shop.stock()}/pause", other) == (403, "NO_AUTH")


# --- issuing -----------------------------------------------------------------------------------


def test_the_same_number_gives_the_same_coupon(shop: Merchant):
    stock_id = shop.stock()
    first = shop.issue(stock_id)
    assert shop.issue(stock_id) == first
    assert shop.seen(stock_id)["distributed_coupons"] == 1
    shop.move(stock_id, "pause")
    assert shop.issue(stock_id) == first, "a retry is answered even after the stock was paused"


def test_the_same_number_for_something_else_is_wrong(shop: Merchant):
    stock_id, other = shop.stock(), shop.stock(out_request_no="stock-2")
    shop.world.person("o-wang")
    shop.issue(stock_id)
    assert shop.issued(stock_id, openid="o-wang") == (400, "PARAM_ERROR")
    assert shop.issued(other) == (400, "PARAM_ERROR")


def test_a_number_that_was_refused_is_free(shop: Merchant):
    stock_id = shop.stock(start=False)
    assert shop.issued(stock_id) == (400, "INVALID_REQUEST")
    shop.move(stock_id, "start")
    assert shop.issued(stock_id) == (200, "")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"appid": "wx0"}, (400, "APPID_MCHID_NOT_MATCH"), id="another appid"),
        pytest.param({"appid": ""}, (400, "PARAM_ERROR"), id="no appid"),
        pytest.param({"openid": "o-nobody"}, (400, "PARAM_ERROR"), id="an unknown openid"),
        pytest.param({"number": "单号"}, (400, "PARAM_ERROR"), id="a number of other letters"),
        pytest.param({"stock_creator_mchid": "1"}, (403, "NO_AUTH"), id="another creator"),
        pytest.param({"stock_id": 7}, (400, "PARAM_ERROR"), id="a stock_id that is no text"),
    ],
)
def test_a_coupon_that_cannot_be_issued(shop: Merchant, change, expected):
    stock_id = shop.stock()
    target = f"{FAVOR}/users/{change.pop('openid', 'o-lin')}/coupons"
    number = change.pop("number", "n-1")
    body = {"stock_id": stock_id, "out_request_no": number, "appid": APPID}
    assert shop.code(target, {**body, "stock_creator_mchid": MCHID, **change}) == expected


def test_a_stock_that_nobody_made_gives_nothing(shop: Merchant):
    assert shop.issued("98065001") == (404, "RESOURCE_NOT_EXISTS")


def test_nobody_gets_more_than_the_limit(shop: Merchant):
    stock_id = shop.stock(rule={"max_coupons_per_user": 2})
    told = [shop.issued(stock_id, f"n-{n}") for n in range(3)]
    assert told == [(200, ""), (200, ""), (403, "RULE_LIMIT")]


def test_a_stock_is_used_up(shop: Merchant):
    stock_id = shop.stock(rule={"max_coupons": 2, "max_amount": 1000, "max_coupons_per_user": 9})
    told = [shop.issued(stock_id, f"n-{n}") for n in range(3)]
    assert told == [(200, ""), (200, ""), (403, "NOT_ENOUGH")]


def test_a_day_s_budget_comes_again_tomorrow(shop: Merchant):
    stock_id = shop.stock(rule={"max_amount_by_day": 999, "max_coupons_per_user": 9})
    assert shop.issued(stock_id, "n-1") == (200, "")
    assert shop.issued(stock_id, "n-2") == (403, "NOT_ENOUGH")
    shop.later(DAY)
    assert shop.issued(stock_id, "n-2") == (200, "")


@pytest.mark.parametrize(
    ("begins", "pause", "days"),
    [
        pytest.param(NOON + DAY, False, 0, id="not begun"),
        pytest.param(NOON, True, 0, id="paused"),
        pytest.param(NOON, False, 30, id="over"),
    ],
)
def test_a_stock_that_gives_nothing_now(shop: Merchant, begins, pause, days):
    stock_id = shop.stock(available_begin_time=iso(begins))
    if pause:
        shop.move(stock_id, "pause")
    shop.later(days * DAY)
    assert shop.issued(stock_id) == (400, "INVALID_REQUEST")


# --- reading -----------------------------------------------------------------------------------


def test_a_person_s_coupons_by_state_stock_and_page(shop: Merchant):
    stocks = [shop.stock(out_request_no=f"stock-{n}") for n in range(3)]
    coupons = [shop.issue(one, f"n-{one}")["coupon_id"] for one in stocks]
    shop.use(coupons[0])

    def found(query: str) -> list[str]:
        answer = shop.get(f"{FAVOR}/users/o-lin/coupons?appid={APPID}{query}")
        return [one["coupon_id"] for one in answer["data"]]

    assert found("") == coupons
    assert found("&status=USED") == coupons[:1]
    assert found("&status=SENDED") == coupons[1:]
    assert found(f"&stock_id={stocks[2]}") == coupons[2:]
    assert found("&offset=1&limit=1") == coupons[1:2]
    assert found(f"&creator_mchid={MCHID}") == coupons
    assert found("&creator_mchid=1900000110") == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=1", "APPID_MCHID_NOT_MATCH"),
        (f"appid={APPID}&status=LOST", "PARAM_ERROR"),
        (f"appid={APPID}&limit=21", "PARAM_ERROR"),
        (f"appid={APPID}&offset=-1", "PARAM_ERROR"),
    ],
)
def test_a_list_that_is_none(shop: Merchant, query, code):
    assert shop.get(f"{FAVOR}/users/o-lin/coupons?{query}")["code"] == code


def test_a_coupon_s_life(shop: Merchant):
    coupon_id = shop.issue(shop.stock())["coupon_id"]
    target = f"{FAVOR}/users/o-lin/coupons/{coupon_id}?appid={APPID}"
    seen = shop.get(target)
    assert (seen["status"], seen["coupon_name"]) == ("SENDED", "火锅周年庆")
    assert seen["normal_coupon_information"]["coupon_amount"] == 500
    shop.later(30 * DAY)
    assert shop.get(target)["status"] == "EXPIRED"


def test_a_coupon_that_is_none(shop: Merchant):
    coupon_id = shop.issue(shop.stock())["coupon_id"]
    for target in (f"o-wang/coupons/{coupon_id}", "o-lin/coupons/1"):
        answer = shop.get(f"{FAVOR}/users/{target}?appid={APPID}")
        assert (shop.status, answer["code"]) == (404, "RESOURCE_NOT_EXISTS")
    assert shop.get(f"{FAVOR}/users/o-lin/coupons/1")["code"] == "APPID_MCHID_NOT_MATCH"


# --- using -------------------------------------------------------------------------------------


def test_a_coupon_is_used_once(shop: Merchant):
    coupon_id = shop.issue(shop.stock())["coupon_id"]
    assert shop.use(coupon_id).startswith("42000")
    with pytest.raises(PayError, match="USED"):
        shop.use(coupon_id)
    with pytest.raises(KeyError):
        shop.use("1")
    assert shop.notices() == [], "no address for callbacks is set"


def test_a_coupon_is_of_no_use_after_its_end(shop: Merchant):
    coupon_id = shop.issue(shop.stock())["coupon_id"]
    shop.later(30 * DAY)
    with pytest.raises(PayError, match="EXPIRED"):
        shop.use(coupon_id)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, (200, ""), id="an https address"),
        pytest.param({"notify_url": "http://127.0.0.1:9/n"}, (200, ""), id="this machine"),
        pytest.param({"notify_url": "http://a.example/n"}, (400, "PARAM_ERROR"), id="no https"),
        pytest.param({"notify_url": "https://a.example/?n=1"}, (400, "PARAM_ERROR"), id="a query"),
        pytest.param({"notify_url": "https:///n"}, (400, "PARAM_ERROR"), id="no host"),
        pytest.param({"notify_url": ""}, (400, "PARAM_ERROR"), id="no address"),
        pytest.param({"switch": "on"}, (400, "PARAM_ERROR"), id="a switch that is none"),
        pytest.param({"mchid": "1900000110"}, (403, "NO_AUTH"), id="another merchant"),
    ],
)
def test_where_callbacks_may_go(shop: Merchant, change, expected):
    body = {"mchid": MCHID, "notify_url": "https://a.example/n", **change}
    assert shop.code(f"{FAVOR}/callbacks", body) == expected


@pytest.fixture
def heard(shop: Merchant, dumb_bot) -> list[Asked]:
    """What the merchant's callback was told; it refuses as often as `failures` says."""
    failures = [500, 500]

    def answer(asked: Asked) -> Answer:
        return (failures.pop() if failures else 204), "application/json", b""

    bot = dumb_bot(answer)
    shop.world.room(Pay).gap = 0.0
    shop.post(f"{FAVOR}/callbacks", {"mchid": MCHID, "notify_url": f"{bot.url}/notify"})
    asked: list[Asked] = bot.asked
    return asked


def test_the_use_of_a_coupon_is_told_until_it_is_heard(shop: Merchant, heard: list[Asked]):
    coupon_id = shop.issue(shop.stock())["coupon_id"]
    transaction = shop.use(coupon_id)
    assert shop.notices() == [500, 500, 204]
    assert len({one.body for one in heard}) == 1, "each delivery is the same notice"
    asked = heard[-1]
    assert (asked.method, asked.path) == ("POST", "/notify")
    assert asked.headers["Content-Type"] == "application/json"
    shop.check(asked.headers, asked.body)
    notice = json.loads(asked.body)
    assert (notice["event_type"], notice["resource_type"]) == ("COUPON.USE", "encrypt-resource")
    assert notice["resource"]["algorithm"] == "AEAD_AES_256_GCM"
    assert len(notice["resource"]["nonce"]) == 12
    coupon = json.loads(shop.opened(notice["resource"]))
    assert (coupon["coupon_id"], coupon["status"]) == (coupon_id, "USED")
    assert coupon["consume_information"] == {
        "consume_time": "2026-11-21T12:00:00+08:00",
        "consume_mchid": MCHID,
        "transaction_id": transaction,
    }


def test_a_merchant_who_never_hears_is_told_nine_times(shop: Merchant):
    shop.world.room(Pay).gap = 0.0
    body = {"mchid": MCHID, "notify_url": "http://127.0.0.1:9/notify"}
    shop.post(f"{FAVOR}/callbacks", body)
    shop.use(shop.issue(shop.stock())["coupon_id"])
    assert shop.notices() == [0] * 9


def test_callbacks_that_are_switched_off_stay_away(shop: Merchant, heard: list[Asked]):
    url = shop.world.room(Pay).notify_url
    shop.post(f"{FAVOR}/callbacks", {"mchid": MCHID, "notify_url": url, "switch": False})
    shop.use(shop.issue(shop.stock())["coupon_id"])
    assert shop.notices() == heard == []


def test_keys_and_signatures_stay_out_of_the_ledger():
    """Two runs with one seed write the same, though their keys may differ."""

    def run() -> list[dict[str, Any]]:
        platform = Platform(a_config(start="2026-11-21T12:00:00+08:00", callback_url=""))
        shop = Merchant(platform)
        shop.use(shop.issue(shop.stock())["coupon_id"])
        kinds = ("pay", "coupon_stock", "coupon_issued", "coupon_used")
        return platform.world.ledger.records(*kinds)

    first = run()
    assert len(first) == 6
    assert first == run()
