"""The regular audit finds what is amiss; an erasure leaves no byte of the person anywhere."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from pathlib import Path

import pytest

from bot.clock import to_ms
from bot.profile import auditing, privacy, refresh, rights
from bot.profile.retention import retain
from bot.store import accounts, audit, care, consents, events, followers, profiles
from bot.store.db import fetch, open_store, run
from bot.store.models import Follower
from bot.store.vault import new_key
from tests.conftest import KEY, NOON, a_follower

OPENID, UNIONID = "oFh7x0Lq2ZrT5vYb8NcQe1WmKpUs", "ozKd93MfPxG7hTqWvB2nLrYcE6Ja"
PHONE = "13812345678"


@pytest.fixture
def account(any_store):
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


def did(account, who, kind, days_ago=1.0, sealed=None, **facts):
    at = NOON - timedelta(days=days_ago)
    events.append(
        account, who, kind, at=at, received_at=at, source="callback",
        key=f"{who}{kind}{days_ago}{facts}", facts=facts, sealed=sealed,
    )  # fmt: skip


def a_person(account):
    lin = a_follower(account, OPENID, unionid=UNIONID, unionid_hash="u" * 32)
    said = {"raw": {"FromUserName": OPENID, "Content": f"我的电话是{PHONE}"}}
    for n in range(5):
        did(account, lin, "message.text", n + 1, said, topics={"咖啡": 1.0})
    did(account, lin, "attribute", 3, name="city", value="北京")
    refresh.fold_new(NOON)
    return lin


def findings(account, days=None, now=NOON):
    report = auditing.audited(account, days or {}, now, "operator:mei")
    return [what for what, _ in report.findings], report


def test_a_store_in_order_has_no_findings_and_the_audit_is_on_record(account):
    a_person(account)
    found, report = findings(account)
    assert found == [], report.findings
    assert [entry.action for entry in audit.entries()] == ["audit", "key"]
    assert json.dumps(report.to_json())


AMISS = [
    pytest.param("plain", "UPDATE event SET source = ?", PHONE, id="a telephone number"),
    pytest.param("plain", "UPDATE follower_attribute SET text = ?", OPENID, id="an openid"),
    pytest.param("plain", "UPDATE profile SET state = ?", f'{{"x":"{UNIONID}"}}', id="a unionid"),
    pytest.param("not sealed", "UPDATE event SET sealed = ?", OPENID.encode(), id="an open text"),
    pytest.param("erased", "UPDATE follower SET erased_at = ?", 1, id="half an erasure"),
    pytest.param("chain", "UPDATE audit_entry SET actor = ?", "nobody", id="a changed entry"),
]


@pytest.mark.parametrize(("what", "sql", "value"), AMISS)
def test_what_is_amiss_is_found(store, account_id, what, sql, value):
    a_person(account_id)
    rights.consent(Follower.get().id, "research", True, NOON, how="operator", actor="operator:x")
    assert findings(account_id)[0] == []
    run(sql, (value,))
    assert what in findings(account_id)[0]


def test_an_old_key_and_values_of_older_keys_are_found(store, account_id):
    a_person(account_id)
    assert findings(account_id)[0] == []
    assert findings(account_id, now=NOON + timedelta(days=365))[0] == []
    assert findings(account_id, now=NOON + timedelta(days=366))[0] == ["key age"]
    other = open_store(store.url, [new_key(), KEY])
    found, report = findings(account_id, now=NOON + timedelta(days=367))
    assert found == ["older key"]
    assert "follower.openid" in report.findings[0][1]
    assert [e.action for e in audit.entries(action="key")] == ["key", "key"]
    for model, column in ((Follower, "openid"), (Follower, "unionid")):
        care.reseal_column(other.vault, model, getattr(model, column))
    assert "follower.openid" not in findings(account_id)[1].findings[0][1]
    other.close()


def test_events_beyond_their_time_are_found_until_they_are_removed(store, account_id):
    lin = a_person(account_id)
    did(account_id, lin, "click", 35)
    refresh.fold_new(NOON)
    assert findings(account_id, {"click": 34})[0] == []  # the job has two nights
    assert findings(account_id, {"click": 32})[0] == ["stale"]
    retain({"click": 32}, NOON)
    assert findings(account_id, {"click": 32})[0] == []


# --- evidence ----------------------------------------------------------------------------------


def test_every_word_is_evidence_and_the_latest_counts(account):
    lin = a_person(account)
    for hour, (purpose, given) in enumerate(
        [("marketing", False), ("research", True), ("marketing", True), ("research", False)]
    ):
        at = NOON + timedelta(hours=hour)
        rights.consent(lin, purpose, given, at, wording=f"v{hour}")
    assert [said.wording for said in consents.history(lin)] == ["v0", "v1", "v2", "v3"]
    now = {purpose: said.given for purpose, said in consents.current(lin).items()}
    assert now == {"marketing": True, "research": False}
    assert followers.get(lin).opted_out_at is None


def test_an_operators_word_is_in_the_audit_log_and_a_followers_is_not(account):
    lin = a_person(account)
    rights.consent(lin, "marketing", False, NOON)
    assert audit.entries() == []
    rights.consent(lin, "marketing", True, NOON, how="operator", actor="operator:mei")
    rights.topic(lin, "咖啡", False, NOON, how="operator", actor="operator:mei")
    assert [(e.actor, e.action, e.detail["given"]) for e in audit.entries(follower_id=lin)] == [
        ("operator:mei", "consent", False), ("operator:mei", "consent", True)
    ]  # fmt: skip


def test_what_an_operator_writes_down_is_no_act_of_the_followers(account):
    lin = a_person(account)
    refresh.fold_new(NOON)
    before = profiles.state_of(lin)
    later = NOON + timedelta(days=3)
    rights.consent(lin, "marketing", False, later, how="operator", actor="operator:mei")
    refresh.fold_new(later)
    told = profiles.state_of(lin)
    assert told["opt"][0] is True
    assert [told.get(part) for part in ("first", "last", "hours", "days")] == [
        before.get(part) for part in ("first", "last", "hours", "days")
    ]
    rights.consent(lin, "marketing", True, later)
    refresh.fold_new(later)
    assert profiles.state_of(lin)["last"] == to_ms(later)


# --- no trace ----------------------------------------------------------------------------------


def test_after_an_erasure_no_byte_of_the_person_is_anywhere(store, account_id, tmp_path, caplog):
    """Database file, write-ahead log, logs, and the exports of those who are left."""
    caplog.set_level(logging.DEBUG, "bot")
    lin, wang = a_person(account_id), a_follower(account_id, "o-wang")
    rights.consent(lin, "marketing", False, NOON)
    rights.topic(lin, "咖啡", False, NOON)
    retain({"message.text": 30}, NOON + timedelta(days=40))
    did(account_id, lin, "message.text", 0.5, {"raw": {"Content": PHONE}})
    held = json.dumps(rights.download(lin), ensure_ascii=False)
    assert OPENID in held
    assert PHONE in held
    row = fetch("SELECT openid, unionid, openid_hash FROM follower WHERE id = ?", (lin,))[0]
    sealed = [bytes(row[0]), bytes(row[1]), row[2].encode()]
    run("UPDATE follower SET opted_out_at = NULL WHERE id = ?", (lin,))  # no refusal to remember
    rights.forget_me(lin, NOON)
    privacy.erase(lin, "cancelled", NOON)
    audited = auditing.audited(account_id, {}, NOON, "operator:mei")
    exports = [json.dumps(privacy.export(wang), default=str), json.dumps(audited.to_json())]
    path = Path(store.url.removeprefix("sqlite:///"))
    files = b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))
    everything = files + caplog.text.encode() + "".join(exports).encode()
    for secret in (OPENID.encode(), UNIONID.encode(), PHONE.encode(), *sealed):
        assert secret not in everything
    assert audited.findings == ()
    assert [e.action for e in audit.entries(follower_id=lin)] == ["erase"]
