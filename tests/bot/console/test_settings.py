"""系统设置 in the console: accounts with secrets that go in and never come out, keys, jobs."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.console.rights import Role
from bot.store import account_settings, accounts, audit, jobs, operators
from tests.bot.console.conftest import post
from tests.bot.console.sharing import seen_in

SECRETS = {"appsecret": "s3cr3t-" + "x" * 25, "token": "my_token-1", "aes_key": "k" * 43}
NEW = {"slug": "cafe", "kind": "subscription", "appid": "wx0123456789abcdef", **SECRETS}
CAFE = "/console/a/cafe/settings"


@pytest.fixture
def office(house):
    house.hire("lin", Role.ADMIN)
    return house


def add(office, **changes):
    return post(office.signed_in("lin"), "/console/accounts/add", **{**NEW, **changes})


def test_an_account_is_added_and_its_callback_address_told(office):
    assert add(office).location == CAFE
    page = office.signed_in("lin").get(CAFE).text
    assert "https://bot.example.com/wechat/cafe" in page
    assert "订阅号" in page
    assert accounts.by_slug("cafe").aes_keys == ("k" * 43,)
    assert audit.entries(1)[0].detail == {"account": "cafe"}
    assert "cafe" in office.signed_in("lin").get("/console/accounts").text


FAULTS = (
    ("slug", "Café"), ("slug", "default"), ("kind", "robot"), ("appid", "abc"), ("appid", ""),
    ("appsecret", "short"), ("token", "no spaces"), ("aes_key", "k" * 42),
    ("aes_key", "k" * 43 + "," + "j" * 43),
)  # fmt: skip


def test_a_fault_comes_back_in_words_with_the_form_but_without_its_secrets(office):
    for field, value in FAULTS:
        answer = add(office, **{field: value})
        assert answer.status_code == 422, (field, value)
        alert = re.search(r'role="alert">([^<]+)<', answer.text)
        assert alert is not None, (field, value)
        assert "wants" not in alert[1], (field, value)
        assert not any(secret in answer.text for secret in SECRETS.values()), (field, value)
    assert [one.slug for one in accounts.all_accounts()] == ["default"]


def test_secrets_are_replaced_and_never_shown(office):
    add(office)
    lin = office.signed_in("lin")
    answer = post(
        lin,
        f"{CAFE}/rotate",
        seen=seen_in(lin, CAFE, "/rotate"),
        appsecret="n" * 32,
        aes_key="j" * 43,
        token="",
    )
    assert "AppSecret" in answer.text
    found = accounts.by_slug("cafe")
    assert (found.appsecret, found.token) == ("n" * 32, SECRETS["token"])
    assert found.aes_keys == ("j" * 43, "k" * 43)
    for page in (answer, lin.get(CAFE), lin.get("/console/accounts"), lin.get("/console/audit")):
        for secret in (*SECRETS.values(), "n" * 32, "j" * 43):
            assert secret not in page.text
    assert audit.entries(1)[0].detail["secrets"] == ["aes_key", "appsecret"]


def test_the_same_key_again_does_not_push_the_previous_one_out(office):
    add(office)
    lin = office.signed_in("lin")
    for key in ("j", "j"):
        post(lin, f"{CAFE}/rotate", aes_key=key * 43, seen=seen_in(lin, CAFE, "/rotate"))
    assert accounts.by_slug("cafe").aes_keys == ("j" * 43, "k" * 43)


KEPT = (
    (CAFE, {}, 422), (CAFE, {"token": "a b"}, 422), (CAFE, {"aes_key": "k" * 43 + ",x"}, 422),
    ("/console/a/default/settings", {"token": "new_token"}, 409),
)  # fmt: skip


def test_what_cannot_be_replaced_stays(office):
    add(office)
    lin = office.signed_in("lin")
    for path, given, status in KEPT:
        seen = seen_in(lin, CAFE, "/rotate")
        answer = post(lin, f"{path}/rotate", **given, seen=seen)
        assert answer.status_code == status, (path, given)
    assert accounts.by_slug("cafe").token == SECRETS["token"]


def test_a_client_made_before_goes_on_with_the_new_secret(office, monkeypatch):
    monkeypatch.setattr("bot.build._SECRET_SECONDS", 0.0)
    add(office)
    of = accounts.by_slug("cafe").id
    before = office.services.client_of(of)
    assert office.services.client_of(of) is before
    account_settings.rotate(of, {"appsecret": "n" * 32})
    assert office.services.client_of(of) is not before


def test_the_check_says_in_words_that_the_platform_is_away(office):
    answer = post(office.signed_in("lin"), "/console/a/default/settings/check")
    assert answer.status_code == 200
    assert answer.text.count("连不上微信接口") == 3
    assert audit.entries(1)[0].detail["faults"] == ["token", "followers", "templates"]


def test_a_key_is_shown_once_and_opens_until_it_is_revoked(office):
    lin, path = office.signed_in("lin"), "/console/a/default/settings"
    made = post(lin, f"{path}/keys", name="<b>门店收银</b>")
    assert (made.status_code, made.location) == (302, path)
    assert "hy_" not in made.headers["Set-Cookie"]
    key = re.search(r"hy_[\w-]{43}", lin.get(path).text)
    assert key is not None
    assert accounts.account_of_key(key[0]) == office.account_id
    page = lin.get(path).text
    assert key[0] not in page
    assert "&lt;b&gt;门店收银" in page
    assert "<b>门店收银" not in page
    number = account_settings.keys(office.account_id)[0].id
    assert post(lin, f"{path}/keys/{number}/revoke").status_code == 302
    assert accounts.account_of_key(key[0]) is None
    assert post(lin, f"{path}/keys/{number}/revoke").status_code == 404
    assert post(lin, f"{path}/keys", name=" ").status_code == 422


def test_a_second_key_of_a_name_is_refused_and_the_first_is_still_told(office):
    lin, path = office.signed_in("lin"), "/console/a/default/settings"
    assert post(lin, f"{path}/keys", name="till").status_code == 302
    again = post(lin, f"{path}/keys", name="till")  # a double click: this answer is what one sees
    assert again.status_code == 409
    assert len(re.findall(r"hy_[\w-]{43}", again.text)) == 1
    (only,) = account_settings.keys(office.account_id)
    assert post(lin, f"{path}/keys/{only.id}/revoke").status_code == 302
    assert post(lin, f"{path}/keys", name="till").status_code == 302


def test_a_new_key_is_told_to_its_maker_s_session_only_and_for_a_minute(office):
    lin, path = office.signed_in("lin"), "/console/a/default/settings"
    post(lin, f"{path}/keys", name="till")
    sealed = lin.get_cookie("hongyan_once", path=path).value
    other = office.signed_in("lin")
    for cookie in (sealed, sealed[:-8] + "AAAAAAA=", "x", "密"):
        other.set_cookie("hongyan_once", cookie, path=path)
        answer = other.get(path)
        assert answer.status_code == 200
        assert "hy_" not in answer.text
    office.clock.on(seconds=60)
    assert "hy_" not in lin.get(path).text


def test_another_account_s_key_is_not_there(office):
    add(office)
    accounts.new_api_key(office.account_id, "till", office.clock())
    number = account_settings.keys(office.account_id)[0].id
    lin = office.signed_in("lin")
    assert post(lin, f"{CAFE}/keys/{number}/revoke").status_code == 404
    assert account_settings.keys(office.account_id)[0].revoked_at is None


def test_who_is_admin_of_one_account_sees_its_settings_alone(office):
    add(office)
    office.hire("chen", Role.ADMIN, accounts.by_slug("cafe").id)
    chen = office.signed_in("chen")
    assert chen.get(CAFE).status_code == 200
    assert chen.get("/console/a/default/settings").status_code == 404
    assert chen.get("/console/accounts").status_code == 403


def a_run(office, job, ago, error="", done=1, end=True):
    at = office.clock() - timedelta(seconds=ago)
    number = jobs.begin(job, at, at, "here")
    if end:
        jobs.end(number, at + timedelta(seconds=1.5), done, error)


def test_jobs_show_their_last_run_their_rhythm_and_the_faults_first(office):
    for ago in (130, 70, 10):
        a_run(office, "token", ago)
    a_run(office, "campaigns", 5, "GatewayDown: no <b>connection</b>")
    a_run(office, "models", 7200, end=False)
    page = office.signed_in("lin").get("/console/jobs").text
    order = [page.index(f">{name}<") for name in ("campaigns", "models", "token")]
    assert order == sorted(order)
    assert "连不上微信接口，会自动重试" in page
    assert "<b>connection" not in page
    assert "1 分钟" in page
    assert "超过半小时未结束" in page
    assert "调度器好像没有运行" not in page


def test_silence_of_the_scheduler_is_said_aloud(office):
    lin = office.signed_in("lin")
    assert "还没有任务运行过" in lin.get("/console/jobs").text
    a_run(office, "token", 600)
    assert "调度器好像没有运行" in lin.get("/console/jobs").text


def test_english_is_complete(office):
    lin = operators.by_name("lin")
    operators.update(lin.id, language="en")
    a_run(office, "token", 10)
    browser = office.signed_in("lin")
    for path in ("/console/accounts", "/console/a/default/settings", "/console/jobs"):
        shown = browser.get(path).text.replace("鸿雁", "")
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in shown), path
