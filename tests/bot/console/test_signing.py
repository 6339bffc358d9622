"""Signing in: the password, the lock, the second step, sessions that end."""

from __future__ import annotations

import pytest

from bot.console import people, second, signing
from bot.console.rights import Role
from bot.console.signing import Answer
from bot.errors import Conflict, InvalidInput, NotFound
from bot.store import audit, console_sessions, operators
from bot.store.operators import EVERY_ACCOUNT
from tests.bot.console.conftest import PASSWORD, form_of, post


def try_in(house, name="lin", password=PASSWORD, address="10.0.0.1"):
    return signing.sign_in(name, password, address, "Firefox", house.clock())


def test_the_right_name_and_password_lead_in(house):
    house.hire("lin", Role.MARKETER)
    browser = house.browser()
    answer = browser.post("/console/sign-in", data={"name": "LIN ", "password": PASSWORD})
    assert (answer.status_code, answer.location) == (302, "/console/")
    cookie = answer.headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/console"))
    assert "首页" in browser.get("/console/", follow_redirects=True).text


@pytest.mark.parametrize(
    ("name", "password"),
    [
        pytest.param("lin", PASSWORD + "x", id="a wrong password"),
        pytest.param("nobody", PASSWORD, id="an unknown name"),
        pytest.param("gone", PASSWORD, id="somebody who was shut out"),
        pytest.param("new", "", id="somebody invited, without a password yet"),
        pytest.param("", "", id="nothing at all"),
    ],
)
def test_everything_else_gets_one_and_the_same_answer(house, name, password):
    house.hire("lin", Role.MARKETER)
    gone = house.hire("gone", Role.MARKETER)
    operators.update(gone, disabled_at=house.clock())
    people.invite("new", "", Role.VIEWER, EVERY_ACCOUNT, "operator:shell", house.clock())
    answer = house.browser().post("/console/sign-in", data={"name": name, "password": password})
    assert answer.status_code == 422
    assert "用户名或密码不对" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_five_wrong_ones_lock_and_every_further_five_for_longer(house):
    house.hire("lin", Role.MARKETER)
    for _ in range(5):
        assert try_in(house, password="wrong").answer is Answer.WRONG
    assert try_in(house).answer is Answer.WRONG
    house.clock.on(minutes=15, seconds=1)
    assert try_in(house).answer is Answer.IN
    for _ in range(5):
        try_in(house, password="wrong")
    house.clock.on(minutes=15, seconds=1)
    for _ in range(5):
        try_in(house, password="wrong")
    house.clock.on(minutes=16)
    assert try_in(house).answer is Answer.WRONG
    house.clock.on(minutes=15)
    assert try_in(house).answer is Answer.IN
    assert [one.detail["tries"] for one in audit.entries(action="console.locked")] == [10, 5, 5]


def test_one_address_is_heard_forty_times_in_ten_minutes(house):
    answers = [try_in(house, name=f"n{number}").answer for number in range(41)]
    assert answers[39:] == [Answer.WRONG, Answer.TOO_MANY]
    assert try_in(house, address="10.0.0.2").answer is Answer.WRONG
    house.clock.on(minutes=10)
    assert try_in(house).answer is Answer.WRONG


def test_a_session_is_never_one_that_the_browser_brought(house):
    house.hire("lin", Role.MARKETER)
    browser = house.browser()
    browser.set_cookie("hongyan_console", "chosen-by-somebody", path="/console")
    answer = browser.post("/console/sign-in", data={"name": "lin", "password": PASSWORD})
    assert "chosen-by-somebody" not in answer.headers["Set-Cookie"]
    stranger = house.browser()
    stranger.set_cookie("hongyan_console", "chosen-by-somebody", path="/console")
    assert "/console/sign-in" in stranger.get("/console/me").location


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/console/members", "/console/members"),
        ("https://evil.example/", "/console/"),
        ("//evil.example/console/", "/console/"),
        ("/console/\\\\evil.example", "/console/"),
        ("/h5/other", "/console/"),
        ("javascript:alert(1)", "/console/"),
    ],
)
def test_after_signing_in_one_goes_to_a_page_of_the_console_only(house, asked, goes):
    house.hire("lin", Role.ADMIN)
    data = {"name": "lin", "password": PASSWORD, "next": asked}
    assert house.browser().post("/console/sign-in", data=data).location == goes


class TestSessions:
    def test_end_after_eight_hours_without_a_look_and_after_a_week_with(self, house):
        house.hire("lin", Role.MARKETER)
        browser = house.signed_in("lin")
        for _ in range(24):
            house.clock.on(hours=7)
            last = browser.get("/console/me").status_code
        assert last == 302
        browser = house.signed_in("lin")
        house.clock.on(hours=7, minutes=59)
        assert browser.get("/console/me").status_code == 200
        house.clock.on(hours=8, minutes=1)
        assert browser.get("/console/me").status_code == 302

    def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(self, house):
        house.hire("lin", Role.MARKETER)
        browser = house.signed_in("lin")
        for _ in range(8):
            assert browser.get("/console/a/default/bell").status_code == 200
            house.clock.on(hours=1)
        house.clock.on(minutes=1)
        assert browser.get("/console/a/default/bell").status_code == 302

    def test_end_when_one_signs_out(self, house):
        house.hire("lin", Role.MARKETER)
        browser, other = house.signed_in("lin"), house.signed_in("lin")
        post(browser, "/console/sign-out")
        assert browser.get("/console/me").status_code == 302
        assert other.get("/console/me").status_code == 200

    def test_end_at_once_for_who_is_shut_out(self, house):
        house.hire("boss", Role.ADMIN)
        lin = house.hire("lin", Role.MARKETER)
        browser = house.signed_in("lin")
        people.disable(lin, "operator:boss", house.clock())
        assert browser.get("/console/me").status_code == 302

    def test_elsewhere_end_when_the_password_changes(self, house):
        house.hire("lin", Role.MARKETER)
        here, elsewhere = house.signed_in("lin"), house.signed_in("lin")
        new = "雨过天青云破处 77"
        answer = post(here, "/console/me/password", old=PASSWORD, new=new, again=new)
        assert answer.status_code == 302
        assert here.get("/console/me").status_code == 200
        assert elsewhere.get("/console/me").status_code == 302
        assert try_in(house, password=new).answer is Answer.IN

    def test_of_others_cannot_be_ended(self, house):
        lin, wu = house.hire("lin", Role.MARKETER), house.hire("wu", Role.MARKETER)
        browser, other = house.signed_in("lin"), house.signed_in("wu")
        theirs = console_sessions.of_operator(wu, house.clock())[0].token_hash
        post(browser, "/console/me/sessions/end", which=theirs)
        assert other.get("/console/me").status_code == 200
        assert len(console_sessions.of_operator(lin, house.clock())) == 1


class TestSecondStep:
    @pytest.fixture
    def secret(self, house):
        house.hire("lin", Role.MARKETER)
        secret = second.new_secret()
        person = operators.by_name("lin")
        code = second.code_at(secret, house.clock())
        self.codes = people.start_second(person, secret, code, house.clock())
        house.clock.on(minutes=1)
        return secret

    def half_way(self, house):
        browser = house.browser()
        answer = browser.post("/console/sign-in", data={"name": "lin", "password": PASSWORD})
        assert answer.location.startswith("/console/second")
        return browser

    def prove(self, browser, code):
        return browser.post(
            "/console/second", data={"code": code, "form": form_of(browser, "/console/second")}
        )

    def test_a_password_alone_opens_nothing(self, house, secret):
        browser = self.half_way(house)
        for path in ("/console/", "/console/me", "/console/a/default", "/console/members"):
            assert browser.get(path).location == f"/console/second?next={path}"

    def test_the_present_code_opens_and_counts_once(self, house, secret):
        code = second.code_at(secret, house.clock())
        assert self.prove(self.half_way(house), code).status_code == 302
        assert self.prove(self.half_way(house), code).status_code == 422

    @pytest.mark.parametrize(
        ("seconds", "opens"),
        [(-60, False), (-30, True), (0, True), (30, True), (60, False)],
    )
    def test_a_clock_may_be_half_a_minute_off(self, house, secret, seconds, opens):
        now = house.clock()
        house.clock.on(seconds=seconds)
        code = second.code_at(secret, house.clock())
        house.clock.now = now
        assert (self.prove(self.half_way(house), code).status_code == 302) == opens

    def test_a_recovery_code_replaces_it_once(self, house, secret):
        code = f" {self.codes[3].upper()} "
        assert self.prove(self.half_way(house), code).status_code == 302
        assert self.prove(self.half_way(house), code).status_code == 422
        assert self.prove(self.half_way(house), self.codes[4]).status_code == 302

    def test_wrong_codes_lock_like_wrong_passwords(self, house, secret):
        browser = self.half_way(house)
        for _ in range(5):
            assert self.prove(browser, "000000").status_code == 422
        code = second.code_at(secret, house.clock())
        assert self.prove(browser, code).status_code == 422
        assert try_in(house).answer is Answer.WRONG

    def test_it_is_switched_off_by_a_code_only(self, house, secret):
        browser = house.signed_in("lin")
        assert post(browser, "/console/me/second", code="123456").status_code == 422
        assert operators.by_name("lin").second
        code = second.code_at(secret, house.clock())
        assert post(browser, "/console/me/second", code=code).status_code == 302
        assert not operators.by_name("lin").second

    def test_its_secret_is_sealed_in_the_store(self, house, secret, tmp_path):
        kept = b"".join(file.read_bytes() for file in tmp_path.glob("hongyan.db*"))
        assert secret.encode() not in kept


class TestInvitations:
    def invite(self, house, **changes):
        given = {"name": "Lin", "title": "林", "role": Role.MARKETER, "account_id": 0}
        return people.invite(**{**given, **changes}, by="operator:boss", now=house.clock())

    def test_the_link_lets_one_choose_a_password_once(self, house):
        token, browser = self.invite(house), house.browser()
        page = browser.get(f"/console/invited/{token}")
        assert "您的用户名是 lin" in page.text
        data = {"password": PASSWORD, "again": PASSWORD}
        assert browser.post(f"/console/invited/{token}", data=data).status_code == 302
        assert browser.post(f"/console/invited/{token}", data=data).status_code == 404
        assert try_in(house).answer is Answer.IN

    def test_it_is_over_after_three_days_and_after_a_newer_one(self, house):
        first = self.invite(house)
        second_ = people.reset(operators.by_name("lin").id, "operator:boss", house.clock())
        assert people.invited(first, house.clock()) is None
        house.clock.on(days=3)
        assert people.invited(second_, house.clock()) is None
        with pytest.raises(NotFound):
            people.accept(second_, PASSWORD, house.clock())

    @pytest.mark.parametrize(
        "password",
        ["short", "aaaaaaaaaaaa", "password123", "1234567890", "lin-is-great", "qwertyuiop12", ""],
    )
    def test_an_easy_password_is_refused(self, house, password):
        token = self.invite(house)
        with pytest.raises(InvalidInput):
            people.accept(token, password, house.clock())

    @pytest.mark.parametrize("name", ["", "a", "-lin", "林", "lin wu", "l" * 33, "lin@x"])
    def test_a_name_that_is_none_is_refused(self, house, name):
        with pytest.raises(InvalidInput):
            self.invite(house, name=name)

    def test_a_name_is_given_once(self, house):
        self.invite(house)
        with pytest.raises(Conflict):
            self.invite(house, name="LIN")

    def test_only_hashes_are_kept(self, house, tmp_path):
        token = self.invite(house)
        people.accept(token, PASSWORD, house.clock())
        kept = b"".join(file.read_bytes() for file in tmp_path.glob("hongyan.db*"))
        assert token.encode() not in kept
        assert PASSWORD.encode() not in kept


def test_one_administrator_always_stays(house):
    boss = house.hire("boss", Role.ADMIN)
    with pytest.raises(Conflict):
        people.disable(boss, "operator:boss", house.clock())
    with pytest.raises(Conflict):
        people.set_role(boss, EVERY_ACCOUNT, Role.VIEWER, "operator:boss", house.clock())
    house.hire("other", Role.ADMIN)
    people.set_role(boss, EVERY_ACCOUNT, Role.VIEWER, "operator:boss", house.clock())
    assert people.get(boss).roles == {EVERY_ACCOUNT: "viewer"}
