"""Coupons in WeChat's wallet, against the local platform over HTTP: given once, used, told of."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from werkzeug.serving import make_server

from bot import coupon
from bot.app import create_app
from bot.build import build
from bot.clock import utc_now
from bot.coupon import wallet
from bot.coupon.providers import CouponProvider, OwnCoupons
from bot.coupon.wallet import WalletCoupons
from bot.errors import Conflict, GatewayDown, InvalidInput, SettingsError
from bot.inbox.context import Handled
from bot.sandbox.pay import Pay
from bot.sandbox.pay_keys import signature_headers
from bot.settings import Settings
from bot.store import coupon_remote, coupons
from bot.store.db import fetch
from bot.values.replies import NO_REPLY
from bot.wechat.pay import PayClient, PayRefused
from bot.wechat.pay_keys import NotSigned, read_config
from tests.bot.coupon.cast import state_of
from tests.conftest import KEY, a_follower

FILE = "pay.toml"


def merchant_file(sandbox, folder, **changes):
    """What the platform hands its merchant, as the program is given it."""
    told = sandbox.post("merchant")
    (folder / "merchant.pem").write_text(told["private_key"])
    (folder / "platform.pem").write_text(told["platform_certificate"])
    lines = {
        "mchid": told["mchid"], "serial_no": told["serial_no"], "private_key": "merchant.pem",
        "apiv3_key": told["apiv3_key"], "platform_serial_no": told["platform_serial_no"],
        "platform_key": "platform.pem", "api_url": sandbox.url, **changes,
    }  # fmt: skip
    path = folder / FILE
    path.write_text("\n".join(f'{name} = "{value}"' for name, value in lines.items()))
    return path


class House:
    """Our program with a merchant, beside a platform; Lin follows both."""

    def __init__(self, sandbox, folder, database):
        self.sandbox, self.now = sandbox, utc_now()
        self.path = merchant_file(sandbox, folder)
        names = {
            "WECHAT_API_URL": sandbox.url,
            "APPID": sandbox.appid,
            "APPSECRET": sandbox.appsecret,
            "TOKEN": sandbox.token,
            "AES_KEY": sandbox.aes_key,
            "PAY_CONFIG": str(self.path),
            "DATABASE_URL": database,
            "SECRET_KEYS": KEY,
        }
        env = {f"HONGYAN_{name}": value for name, value in names.items()}
        self.services = build(Settings.from_env(env))
        self.account = self.services.account_of("default").id
        self.client = wallet.client_of(str(self.path), sandbox.appid, self.services.clock)
        openid = sandbox.follower("小林").openid
        self.lin = a_follower(self.account, openid)
        self.openid = openid

    def batch(self, **changes):
        until = (self.now + timedelta(days=30)).isoformat()
        document = {"slug": "hotpot", "title": "火锅周年庆", "face_value_fen": 500, "codes": 3,
                    "threshold_fen": 2000, "valid_until": until, **changes}  # fmt: skip
        return coupon.make_batch(self.account, document, self.now)

    def open(self, batch):
        """The stock, which has begun already."""
        state = wallet.open_stock(self.client, batch.id, self.now)
        stock = self.sandbox.platform.world.room(Pay).stocks[state.stock_id]
        stock.begins_at = self.now - timedelta(seconds=1)
        return stock

    def give(self, batch, purpose="event:1"):
        provider = WalletCoupons(self.client)
        reserved = provider.reserve(
            batch.id, [(self.lin, purpose)], self.now + timedelta(minutes=1), self.now
        )
        provider.issue([purpose], self.now)
        return reserved[purpose].id

    def wallet(self):
        return self.sandbox.platform.world.room(Pay).wallets.get(self.openid, [])


@pytest.fixture
def house(wechat_sandbox, tmp_path, monkeypatch, fresh_sqlite):
    monkeypatch.chdir(tmp_path)
    made = House(wechat_sandbox, tmp_path, fresh_sqlite(tmp_path))
    yield made
    made.services.store.close()


@pytest.fixture
def served(house):
    """The program where the platform can call it."""
    app = create_app(house.services, lambda message, ctx: Handled(NO_REPLY, "none"))
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def test_from_stock_to_payment_and_each_step_twice(house, served):
    batch = house.batch()
    early = wallet.open_stock(house.client, batch.id, house.now)
    code_id = house.give(batch)
    assert (early.state, house.wallet()) == ("running", [])  # it begins in a minute
    stock = house.open(batch)
    assert stock.id == early.stock_id
    assert [wallet.deliver_due(house.client, house.now) for _ in range(2)] == [1, 0]
    (held,) = house.wallet()
    assert coupon_remote.remote_of(code_id) == held.id
    code = coupons.code_text(code_id)
    assert coupon.redeem(code, now=house.now, account_id=house.account).outcome == "in_wallet"
    assert coupon.view(code_id, house.now).in_wallet
    with pytest.raises(Conflict, match="wallet"):
        WalletCoupons(house.client).void(house.account, code, "why")
    house.client.call_back(f"{served}/pay/notify")
    paid = house.sandbox.post("use_coupon", coupon_id=held.id)["transaction_id"]
    house.sandbox.settle()
    found = coupons.coupon(code_id)
    assert (found.state, found.order_number) == ("redeemed", paid)
    assert fetch("SELECT source, COUNT(*) FROM coupon_use GROUP BY source") == [("pay", 1)]
    assert fetch("SELECT COUNT(*) FROM event WHERE kind = 'coupon.redeemed'") == [(1,)]
    assert WalletCoupons(house.client).query(code_id, house.now).state == "redeemed"


def test_an_answer_that_never_came_costs_a_repetition_and_no_second_coupon(house, monkeypatch):
    batch = house.batch()
    house.open(batch)
    real, lost = house.client._send, []

    def lose_the_answer(method, target, body):
        answer = real(method, target, body)
        if target.endswith("/coupons") and not lost:
            lost.append(answer)
            return answer[0], {}, answer[2]  # without its signature nothing can be believed
        return answer

    monkeypatch.setattr(house.client, "_send", lose_the_answer)
    code_id = house.give(batch)
    assert (len(house.wallet()), coupon_remote.remote_of(code_id)) == (1, None)
    assert wallet.deliver_due(house.client, house.now) == 1
    assert [one.id for one in house.wallet()] == [coupon_remote.remote_of(code_id)]


def test_a_use_that_we_were_not_told_of_is_found_by_asking(house):
    batch = house.batch()
    house.open(batch)
    code_id = house.give(batch)
    house.sandbox.post("use_coupon", coupon_id=house.wallet()[0].id)
    seen = WalletCoupons(house.client).query(code_id, house.now)
    assert (seen.state, state_of(code_id)) == ("redeemed", "redeemed")


def test_whom_the_platform_refuses_has_a_code_for_tills(house):
    batch = house.batch(per_person=2)
    house.open(batch).most_each = 1
    first, second = (house.give(batch, f"event:{n}") for n in (1, 2))
    assert len(house.wallet()) == 1
    rows = fetch("SELECT code_id, state, error FROM coupon_remote ORDER BY code_id")
    assert rows == [(first, "given", ""), (second, "refused", "RULE_LIMIT")]
    code = coupons.code_text(second)
    assert coupon.redeem(code, now=house.now, account_id=house.account).ok


NOT_FOR_A_WALLET = [  # why, and by which field it is said
    (
        "a percentage",
        {"kind": "discount", "discount_permille": 200, "face_value_fen": None},
        "kind",
    ),
    ("a threshold that it pays itself", {"threshold_fen": 500}, "kind"),
    ("a long name", {"title": "十个汉字的名字太长了呀"}, "title"),
    ("no end", {"valid_until": None}, "valid_until"),
    ("no codes", {"codes": 0}, "codes"),
]


def test_a_batch_that_cannot_lie_in_a_wallet(house):
    for number, (why, changes, field) in enumerate(NOT_FOR_A_WALLET):
        batch = house.batch(slug=f"b{number}", **changes)
        with pytest.raises(InvalidInput) as refusal:
            wallet.open_stock(house.client, batch.id, house.now)
        assert (why, refusal.value.field) == (why, field)
        assert coupon_remote.stock_of(batch.id) is None


def test_what_is_not_the_platforms_is_not_believed(house, served):
    browser = create_app(house.services, lambda m, c: Handled(NO_REPLY, "none")).test_client()
    body = json.dumps({"event_type": "COUPON.USE", "id": "1", "resource": {}}).encode()
    world = house.sandbox.platform.world
    signed = signature_headers(world, body)
    old = {**signed, "Wechatpay-Timestamp": "1700000000"}
    other = {**signed, "Wechatpay-Serial": "ABC"}
    for headers, sent in ((signed, body + b" "), (old, body), (other, body), ({}, body)):
        assert browser.post("/pay/notify", data=sent, headers=headers).status_code == 401
    assert browser.post("/pay/notify", data=body, headers=signed).status_code == 401  # not sealed
    elsewhere = json.dumps({"event_type": "TRANSACTION.SUCCESS"}).encode()
    headers = signature_headers(world, elsewhere)
    assert browser.post("/pay/notify", data=elsewhere, headers=headers).status_code == 204


def test_a_platform_that_changed_its_key_is_asked_for_the_new_one(house, tmp_path):
    config = read_config(merchant_file(house.sandbox, tmp_path, platform_serial_no="OLD"))
    client = PayClient(config, house.sandbox.appid, house.services.clock)
    with pytest.raises(PayRefused, match="RESOURCE_NOT_EXISTS"):  # signed with the key it fetched
        client.stock("99")
    body = b'{"event_type": "x"}'
    assert client.used(signature_headers(house.sandbox.platform.world, body), body) is None
    with pytest.raises(NotSigned):
        client.used({"Wechatpay-Serial": "NONE"}, body)


def test_a_platform_that_is_away_and_a_file_that_is_wrong(house, tmp_path):
    gone = read_config(merchant_file(house.sandbox, tmp_path, api_url="http://127.0.0.1:9"))
    with pytest.raises(GatewayDown):
        PayClient(gone, house.sandbox.appid, house.services.clock).stock("1")
    for changes, says in (({"mchid": ""}, "mchid"), ({"private_key": "none.pem"}, "private_key"),
                          ({"apiv3_key": "short"}, "apiv3_key")):  # fmt: skip
        with pytest.raises(SettingsError, match=says):
            read_config(merchant_file(house.sandbox, tmp_path, **changes))


def test_both_are_the_same_to_who_calls(house):
    providers: list[CouponProvider] = [OwnCoupons(), WalletCoupons(house.client)]
    batch = house.batch(codes=2, per_person=2)
    for n, provider in enumerate(providers):
        wants, until = [(house.lin, f"event:{n}")], house.now + timedelta(minutes=1)
        ref = provider.reserve(batch.id, wants, until, house.now)[f"event:{n}"]
        assert provider.issue([f"event:{n}"], house.now) == 1
        assert provider.query(ref.id, house.now).state == "issued"
        assert provider.release([f"event:{n}"]) == 0
        assert provider.void(house.account, coupons.code_text(ref.id), "why").code_id == ref.id
