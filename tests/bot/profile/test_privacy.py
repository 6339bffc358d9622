"""Access and erasure: everything is shown, everything goes, and the sums still hold."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from peewee import DatabaseError

from bot.errors import NotFound
from bot.profile import lifecycle, persons, privacy, refresh
from bot.profile.privacy import REVOCABLE
from bot.store import (
    accounts,
    chat_stars,
    consents,
    dialogues,
    entitlements,
    events,
    followers,
    handoff,
    identities,
    identity_joins,
    import_rejects,
    imports,
    journey_calls,
    journeys,
    listing,
    platform_tags,
    predictions,
    quarantine,
    retention,
    segment_lists,
    send_matches,
    syncs,
    talk,
    trials,
)
from bot.store import privacy as store_privacy
from bot.store.db import fetch, insert_new, run, transaction
from bot.store.models import (
    TABLES,
    Carried,
    Click,
    Conversion,
    CouponCode,
    Erasure,
    Event,
    Follower,
    FollowerTag,
    Inbox,
    JourneyRun,
    Link,
    Profile,
    Segment,
    SegmentChange,
    SegmentMember,
    Send,
    Suppression,
)
from bot.values.facts import FAMILIES
from bot.values.identity import Key, Kind, Named, Why
from tests.bot.coupon.cast import a_batch, a_campaign, a_send
from tests.conftest import NOON, a_follower

LONG_AGO = NOON - timedelta(days=40)
SECRET_TEXTS = ("我住在朝阳区幸福里三号", "o-lin-7f3a91", "u-lin-20c4", "林小雨",
                "13812347788", "K-2291-lin")  # fmt: skip


@pytest.fixture
def account(any_store):
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


def a_life(account: int, openid: str = SECRET_TEXTS[1], unionid: str = SECRET_TEXTS[2]) -> int:
    """A follower who has left a row in every table that can hold one; the follower's id."""
    lin = a_follower(account, openid, unionid=unionid, unionid_hash="u" * 32, created_at=LONG_AGO)
    old = [_event(account, lin, f"m{n}", "message.text", LONG_AGO, text=True) for n in range(3)]
    _event(account, lin, "a", "attribute", LONG_AGO, {"name": "nickname", "value": "林小雨"})
    _event(account, lin, "t", "tag", LONG_AGO, {"tag": "vip", "on": True, "source": "rule"})
    bought = _event(account, lin, "o", "order", LONG_AGO, {"amount_fen": 5000, "topics": {}})
    recent = _event(account, lin, "now", "message.text", NOON, text=True)
    for event in (*old, recent):
        insert_new(
            "inbox",
            ("event_id", "state", "attempts", "handler", "answer", "repeats", "error", "reason"),
            (event, "done", 1, "text.greet", "passive", 0, "", ""),
            key="event_id",
        )
    said = [talk.Example("coupon.get", f"券{openid}", "traffic", old[0])]
    talk.add_examples(account, said)
    values = (old[0], account, "draft", "intent.answer", "rules.answer", 1)
    insert_new(
        "shadow_answer", ("event_id", "account_id", "trial", "live", "shadow", "at"), values,
        key="event_id",
    )  # fmt: skip
    chat_stars.star(account, lin, "operator:mei", NOON)
    handoff.ask(lin, "word", NOON, NOON + timedelta(minutes=10))
    refresh.fold_new(NOON)
    segment = Segment.insert(
        account=account, slug=f"s{lin}", name="全部", rule={}, size=1
    ).execute()
    SegmentMember.insert(segment=segment, follower=lin, since=NOON).execute()
    SegmentChange.insert(segment=segment, follower=lin, at=NOON, entered=True).execute()
    segment_lists.pin(segment, [lin], True, "mei", "老客户", NOON)
    segment_lists.change_list(segment, [lin], [])
    batch = a_batch(account, 4, slug=f"b{lin}")
    codes = [c.id for c in CouponCode.select().where(CouponCode.batch == batch)]
    for code, state in zip(codes, ("issued", "reserved", "redeemed"), strict=False):
        amount = 5000 if state == "redeemed" else None
        CouponCode.update(
            state=state, follower=lin, amount_fen=amount, purpose=f"test:{code}", order_number="N-1"
        ).where(CouponCode.id == code).execute()
    campaign = a_campaign(account, f"c{lin}")
    send = a_send(campaign, lin, "sent", reasons={"interest": "咖啡"}, error="e", subject="9")
    a_send(a_campaign(account, f"d{lin}"), lin, "intended")
    send_matches.give([send_matches.Given(send, lin, batch, {"choice": f"b{lin}"})])
    Conversion.insert(send=send, event=bought, at=NOON, amount_fen=5000).execute()
    link = Link.insert(campaign=campaign, url="https://e.example", url_hash="h", created_at=NOON)
    Click.insert(link=link.execute(), send=send, follower=lin, at=NOON).execute()
    consents.note(lin, "marketing", True, at=NOON, received_at=NOON, how="subscribe")
    consents.choose(lin, "火锅", False, NOON, "h5")
    retention.put_base(lin, {"kinds": {"click": 3}}, 3)
    dialogues.begin(lin, "onboarding", NOON + timedelta(hours=1), {"asked": 1})
    _listed(account, lin)
    _known_elsewhere(account, lin)
    entitlements.grant(lin, "subscription_notice", "T", f"e{lin}", NOON)
    Carried.insert(event_id=recent, follower=lin, send_id=send).execute()
    _on_the_way(account, lin)
    trials.add_tester(account, f"lin{lin}", lin, NOON)
    trials.note(campaign, trials.Trial(lin, "a", "operator:mei", NOON, "sent", ""), "")
    with transaction():
        predictions.put(account, "churn", 1, {lin: 0.62}, NOON)
    return lin


def _listed(account: int, lin: int) -> None:
    """Met in the platform's list, tagged there, and named by a report that was refused."""
    run = syncs.begin(account, "followers", NOON)
    listing.meet(run.id, [lin], [lin], NOON)
    platform_tags.put(account, 100 + lin, f"t{lin}", 1, NOON)
    tag = platform_tags.named(account, f"t{lin}")
    platform_tags.note(tag.id, [lin], run.id, NOON)
    quarantine.keep(account, "event", {"said": SECRET_TEXTS[3]}, "kind", "unknown", lin, NOON)
    brought = imports.begin(account, "followers", "a.csv", f"{lin:032}", "d", {}, NOON)
    row = import_rejects.Rejected(2, [("age", "not_number")], ["x"], [("follower", str(lin))])
    import_rejects.keep(brought.id, ["age"], [row])


def _on_the_way(account: int, lin: int) -> None:
    """In a journey, at a wait, with a webhook to be called."""
    held = journeys.create(account, f"j{lin}", "迎新", NOON)
    way = JourneyRun.insert(
        journey=held.id, follower=lin, entry=1, version=1, step="wait", since=NOON,
        wake_at=NOON, entered_by="manual", trace=[], entered_at=NOON, goal_until=NOON,
    ).execute()  # fmt: skip
    journey_calls.put([(way, lin, "call", "https://e.example", {})], NOON)


def _known_elsewhere(account: int, lin: int) -> None:
    """Known by a telephone and a customer number, of which one is claimed by somebody else, too."""
    ending = "" if lin == 1 else f"-{lin}"
    phone = Key(Kind.PHONE, SECRET_TEXTS[4] + ending)
    customer = Key(Kind.CUSTOMER, SECRET_TEXTS[5] + ending)
    with transaction():
        persons.whose(account, [Named(lin, (customer, phone), "event:1")], NOON)
        waiting = Key(Kind.PHONE, f"+49{lin}")
        persons.whose(account, [Named(None, (waiting,), "event:2")], NOON)
        found = identities.found(account, [waiting])[waiting]
        told = identity_joins.Contradiction(found.id, None, lin, Why.TOLD_TOGETHER, "event:3")
        identity_joins.contradict(account, [told], NOON)


def _event(account, lin, key, kind, at, facts=None, text=False) -> int:
    sealed = {"raw": {"Content": SECRET_TEXTS[0], "FromUserName": SECRET_TEXTS[1]}}
    event = events.append(
        account, lin, kind, at=at, received_at=at, source="callback", key=f"{lin}{kind}{key}",
        facts=facts or {"topics": {"咖啡": 1.0}, "word": ""}, sealed=sealed if text else None,
    )  # fmt: skip
    assert event is not None
    return event


def rows_about(follower_id: int) -> dict[str, int]:
    """How many rows of each table name the follower."""
    found = {}
    for table in TABLES:
        names = [f.column_name for f in table._meta.sorted_fields if f.column_name == "follower_id"]
        for name in names:
            sql = f"SELECT COUNT(*) FROM {table._meta.table_name} WHERE {name} = ?"
            found[table._meta.table_name] = fetch(sql, (follower_id,))[0][0]
    return found


def states(account: int) -> dict[str, int]:
    return dict(fetch("SELECT state, COUNT(*) FROM send GROUP BY state"))


# --- the schema --------------------------------------------------------------------------------


def test_every_table_with_a_follower_is_known_to_erasure():
    with_follower = {
        table._meta.table_name
        for table in TABLES
        if any(field.column_name == "follower_id" for field in table._meta.sorted_fields)
    }
    assert with_follower == {*store_privacy.OWN_TABLES, *store_privacy.KEPT_TABLES}


def test_a_life_leaves_a_row_everywhere(account):
    lin = a_life(account)
    assert {table for table, count in rows_about(lin).items() if not count} == set()


def test_what_was_learnt_from_their_words_goes_with_them(account):
    lin = a_life(account)
    before = talk.version(account)
    privacy.erase(lin, "follower", NOON)
    assert talk.examples(account) == []
    assert talk.version(account) > before
    assert fetch("SELECT COUNT(*) FROM shadow_answer") == [(0,)]


# --- access ------------------------------------------------------------------------------------


def test_an_export_shows_everything_held_and_opened(account):
    lin = a_life(account)
    shown = privacy.export(lin)
    text = json.dumps(shown, ensure_ascii=False)
    for secret in SECRET_TEXTS:
        assert secret in text
    assert {part: len(rows) for part, rows in shown.items() if part != "follower"} == {
        "attributes": 1, "tags": 1, "interests": 1, "predictions": 1, "profile": 1,
        "dialogue": 1, "events": 7,
        "segments": 1, "segment_changes": 1, "segment_pins": 1, "segment_lists": 1,
        "coupons": 3, "sends": 2, "clicks": 1,
        "conversions": 1, "handoffs": 1, "chat_star": 1, "consents": 1, "topic_choices": 1,
        "profile_base": 1,
        "listings": 1, "platform_tags": 1, "refused_reports": 1, "identities": 2,
        "identity_joins": 2, "identity_conflicts": 1, "rejected_rows": 1,
        "notice_rights": 1, "offers_in_answers": 1, "journeys": 1, "webhooks": 1,
        "tester": 1, "tests_received": 1,
    }  # fmt: skip


def test_an_export_names_nobody_of_the_house(account):
    lin = a_life(account)
    run("UPDATE identity_join SET actor = 'operator:mei', undone_by = 'operator:bo'")
    shown = privacy.export(lin)["identity_joins"]
    assert shown
    assert not {"actor", "reason", "undone_by"} & {name for row in shown for name in row}


def test_an_export_holds_nobody_else(account):
    a_life(account, "o-wang", "u-wang")
    lin = a_follower(account, "o-zhao")
    text = json.dumps(privacy.export(lin), ensure_ascii=False)
    assert "wang" not in text
    assert SECRET_TEXTS[0] not in text


def test_nobody_cannot_be_exported_or_erased(account):
    with pytest.raises(NotFound):
        privacy.export(99)
    with pytest.raises(NotFound):
        privacy.erase(99, "follower", NOON)


def test_in_brief_the_same_is_counted(account):
    held = privacy.in_brief(a_life(account))
    assert (held.events, held.topics, held.attributes, held.tags, held.coupons) == (
        7, ("咖啡",), ("nickname",), 1, 3
    )  # fmt: skip


# --- erasure -----------------------------------------------------------------------------------


def test_after_an_erasure_only_the_ledger_names_the_tombstone(account):
    lin = a_life(account)
    privacy.erase(lin, "follower", NOON)
    assert {t: n for t, n in rows_about(lin).items() if n} == {"send": 2}


def test_the_tombstone_is_empty_and_gets_nothing(account):
    lin = a_life(account)
    before = Follower.get_by_id(lin).openid_hash
    privacy.erase(lin, "follower", NOON)
    row = Follower.get_by_id(lin)
    assert (row.openid, row.unionid, row.unionid_hash) == (None, None, None)
    assert row.openid_hash != before
    assert (row.subscribed, row.marketing_consent, row.personalised) == (False, False, False)
    assert (row.erased_at, row.created_at, row.stage) == (NOON, NOON, "gone")
    assert followers.openid_of(lin) is None


def test_the_sums_of_campaigns_money_and_segments_still_hold(account):
    lin = a_life(account)
    before = states(account)
    privacy.erase(lin, "follower", NOON)
    assert states(account) == before
    assert [row.amount_fen for row in Conversion.select()] == [5000]
    assert [row.size for row in Segment.select()] == [0]
    kept = CouponCode.select().where(CouponCode.amount_fen.is_null(False)).get()
    assert (kept.state, kept.amount_fen, kept.follower_id, kept.order_number) == (
        "redeemed", 5000, None, None
    )  # fmt: skip


def test_what_could_still_be_used_is_void_and_stock_is_untouched(account):
    privacy.erase(a_life(account), "follower", NOON)
    found = sorted(row.state for row in CouponCode.select())
    assert found == ["available", "redeemed", "void", "void"]


def test_ledger_rows_lose_their_reasons(account):
    lin = a_life(account)
    privacy.erase(lin, "follower", NOON)
    for row in Send.select():
        assert (row.reasons, row.error, row.subject) == ({}, "", "")


def test_a_repetition_of_a_recent_message_still_finds_that_it_was_here(account):
    privacy.erase(a_life(account), "follower", NOON)
    left = {row.kind: row for row in Event.select()}
    assert set(left) == {"erased"}
    assert Event.select().count() == 2  # the recent message, and the order that earned a credit
    for row in Event.select():
        assert (row.follower_id, row.facts, row.sealed, row.folded) == (None, {}, None, True)
    assert [(row.state, row.answer, row.reply) for row in Inbox.select()] == [
        ("done", "none", None)
    ]


def test_what_waited_for_repetitions_is_swept_away_later(account):
    privacy.erase(a_life(account), "follower", NOON)
    assert store_privacy.forget_emptied(NOON) == 0
    assert store_privacy.forget_emptied(NOON + timedelta(days=1)) == 1
    assert Conversion.select().count() == 1


def test_a_certificate_says_what_went_and_nothing_of_the_person(account):
    lin = a_life(account)
    number = privacy.erase(lin, "cancelled", NOON)
    row = Erasure.get()
    assert (row.certificate, row.cause, row.at) == (number, "cancelled", NOON)
    assert row.removed["event"] == 7
    assert row.removed["click"] == 1
    assert str(lin) not in json.dumps({**row.removed, "cause": row.cause}).split('"')


def test_erasing_twice_is_erasing_once(account):
    lin = a_life(account)
    first = privacy.erase(lin, "follower", NOON)
    again = privacy.erase(lin, "operator", NOON + timedelta(days=1))
    assert first == again
    assert Erasure.select().count() == 1
    assert Follower.get_by_id(lin).erased_at == NOON


def test_two_people_have_two_certificates(account):
    first, second = a_follower(account, "o-1"), a_follower(account, "o-2")
    assert privacy.erase(first, "x", NOON) != privacy.erase(second, "x", NOON)


def test_others_lose_nothing(account):
    wang = a_life(account, "o-wang", "u-wang")
    before = rows_about(wang), privacy.export(wang)
    privacy.erase(a_life(account), "follower", NOON)
    assert (rows_about(wang), privacy.export(wang)) == before


@pytest.mark.mysql
def test_the_fold_brings_nothing_back(account):
    lin = a_life(account)
    _event(account, lin, "unfolded", "message.text", NOON)
    privacy.erase(lin, "follower", NOON)
    refresh.fold_new(NOON)
    refresh.rebuild(NOON)
    assert rows_about(lin)["follower_interest"] == 0
    assert Profile.select().count() == 0


def test_following_again_starts_from_nothing(account):
    lin = a_life(account)
    privacy.erase(lin, "follower", NOON)
    back = followers.ensure(account, SECRET_TEXTS[1], NOON)
    assert back.id != lin
    assert lifecycle.subscribed(account, back.id, "", 5, NOON, NOON) is False


def test_a_failure_half_way_erases_nothing(account):
    lin = a_life(account)
    run("DROP TABLE erasure")  # the last thing that is written
    before = rows_about(lin)
    with pytest.raises(DatabaseError):
        privacy.erase(lin, "follower", NOON)
    assert rows_about(lin) == before
    assert Follower.get_by_id(lin).erased_at is None


# --- a refusal outlives it ---------------------------------------------------------------------

REFUSED = [
    pytest.param({"opted_out_at": LONG_AGO}, id="said TD"),
    pytest.param({"marketing_consent": False}, id="never consented"),
]


@pytest.mark.parametrize("how", REFUSED)
def test_who_had_refused_comes_back_refusing(account, how):
    lin = a_follower(account, **how)
    privacy.erase(lin, "follower", NOON)
    back = followers.ensure(account, "o-lin", NOON + timedelta(days=9))
    assert back.id != lin
    assert back.marketing_consent is False
    assert back.opted_out_at == NOON.replace(hour=0)
    lifecycle.subscribed(account, back.id, "", 5, NOON, NOON)
    assert followers.get(back.id).opted_out_at is not None


def test_of_a_refusal_only_the_hash_and_the_day_are_kept(account):
    lin = a_follower(account, opted_out_at=LONG_AGO)
    privacy.erase(lin, "follower", NOON + timedelta(minutes=7))
    assert fetch("SELECT * FROM suppression") == [
        (1, account, followers.blind("o-lin"), int(NOON.replace(hour=0).timestamp() * 1000))
    ]


def test_who_had_not_refused_leaves_no_trace_and_comes_back_as_anybody(account):
    privacy.erase(a_follower(account), "follower", NOON)
    assert Suppression.select().count() == 0
    back = followers.ensure(account, "o-lin", NOON)
    assert (back.marketing_consent, back.opted_out_at) == (True, None)


def test_a_refusal_is_one_persons_with_one_account(account):
    privacy.erase(a_follower(account, opted_out_at=LONG_AGO), "follower", NOON)
    other = accounts.add("second", "wxsecond000000000", "s", "t", "", "service", NOON)
    assert followers.ensure(account, "o-wang", NOON).marketing_consent
    assert followers.ensure(other, "o-lin", NOON).marketing_consent


def test_erased_again_the_refusal_is_kept_once(account):
    privacy.erase(a_follower(account, opted_out_at=LONG_AGO), "follower", NOON)
    privacy.erase(followers.ensure(account, "o-lin", NOON).id, "follower", NOON)
    assert Suppression.select().count() == 1
    assert not followers.ensure(account, "o-lin", NOON).marketing_consent


def test_the_word_of_return_ends_it_for_good(account):
    privacy.erase(a_follower(account, opted_out_at=LONG_AGO), "follower", NOON)
    back = followers.ensure(account, "o-lin", NOON)
    assert lifecycle.opted_in(account, back.id, 5, NOON, NOON) is True
    now = followers.get(back.id)
    assert (now.marketing_consent, now.opted_out_at) == (True, None)
    assert Suppression.select().count() == 0
    privacy.erase(back.id, "follower", NOON)
    assert followers.ensure(account, "o-lin", NOON).marketing_consent


def test_a_return_that_a_refusal_overtook_ends_nothing(account):
    privacy.erase(a_follower(account, opted_out_at=LONG_AGO), "follower", NOON)
    back = followers.ensure(account, "o-lin", NOON)
    assert lifecycle.opted_in(account, back.id, 5, LONG_AGO, NOON) is False
    assert not followers.get(back.id).marketing_consent
    assert Suppression.select().count() == 1


# --- no trace ----------------------------------------------------------------------------------


def sealed_values(follower_id: int) -> list[bytes]:
    """Every encrypted value of the person as it lies in the file."""
    sql = (
        "SELECT openid FROM follower WHERE id = ? UNION ALL SELECT unionid FROM follower"
        " WHERE id = ? UNION ALL SELECT sealed FROM event WHERE follower_id = ?"
        " AND sealed IS NOT NULL UNION ALL SELECT value FROM identity WHERE follower_id = ?"
    )
    return [bytes(row[0]) for row in fetch(sql, (follower_id,) * 4)]


def files_of(store) -> bytes:
    path = Path(store.url.removeprefix("sqlite:///"))
    return b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))


def test_no_byte_of_the_person_is_left_in_the_files(store, account_id):
    others = [a_follower(account_id, f"o-{n}") for n in range(200)]
    lin = a_life(account_id)
    for other in others:
        run("UPDATE follower SET stage = 'active' WHERE id = ?", (other,))
    sealed = sealed_values(lin)
    assert len(sealed) == 8
    assert all(value in files_of(store) for value in sealed)
    privacy.erase(lin, "follower", NOON)
    left = files_of(store)
    assert [value for value in sealed if value in left] == []
    for secret in SECRET_TEXTS:
        assert secret.encode() not in left


def test_no_column_of_any_table_holds_the_person_openly_even_before(store, account_id):
    """Only the attribute that an operator imported is readable; openid and texts never are."""
    a_life(account_id)
    store.db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    left = files_of(store)
    for secret in (*SECRET_TEXTS[:3], *SECRET_TEXTS[4:]):
        assert secret.encode() not in left


def test_the_file_is_sound_afterwards(store, account_id):
    privacy.erase(a_life(account_id), "follower", NOON)
    store.close()
    with sqlite3.connect(store.url.removeprefix("sqlite:///")) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
    file.close()


# --- taking back parts -------------------------------------------------------------------------


def a_talker(account: int) -> int:
    """A follower with one message of every kind and one attribute of every name that has a code."""
    lin = a_follower(account)
    kinds = {k for named in REVOCABLE.values() for k in named.kinds} | {*FAMILIES["message.*"]}
    for kind in sorted(kinds):
        _event(account, lin, kind, kind, LONG_AGO, text=True)
    for name in sorted({a for named in REVOCABLE.values() for a in named.attributes} | {"city"}):
        _event(account, lin, name, "attribute", LONG_AGO, {"name": name, "value": "x"})
    refresh.fold_new(NOON)
    return lin


def contents(lin: int) -> set[str]:
    kept = {row.kind for row in Event.select() if row.sealed is not None}
    attributes = {row.facts["name"] for row in Event.select() if row.kind == "attribute"}
    return kept | {f"attribute {name}" for name in attributes}


@pytest.mark.parametrize("code", sorted(REVOCABLE, key=int))
def test_a_code_deletes_exactly_what_it_names(store, account_id, code):
    lin = a_talker(account_id)
    before, named = contents(lin), REVOCABLE[code]
    number = privacy.revoke(lin, [code], 5, NOON)
    gone = {*named.kinds, *(f"attribute {name}" for name in named.attributes)}
    assert before - contents(lin) == gone
    assert Erasure.get().certificate == number


def test_what_was_concluded_goes_too_and_the_rest_is_folded_anew(account):
    lin = a_talker(account)
    _event(account, lin, "t", "tag", LONG_AGO, {"tag": "vip", "on": True, "source": "rule"})
    privacy.revoke(lin, ["205", "204"], 5, NOON)
    refresh.fold_new(NOON)
    names = {row[0] for row in fetch("SELECT name FROM follower_attribute")}
    assert "nickname" not in names
    assert "city" in names
    assert [row.tag for row in FollowerTag.select()] == ["vip"]
    assert Profile.get().messages == len(FAMILIES["message.*"])


def test_taking_back_twice_for_one_event_is_once(account):
    lin = a_talker(account)
    first = privacy.revoke(lin, ["206"], 5, NOON)
    assert privacy.revoke(lin, ["206"], 5, NOON) == first
    assert Erasure.select().count() == 1


def test_a_changed_nickname_drops_the_copy(account):
    lin = a_talker(account)
    assert privacy.identity_changed(lin) == 3
    assert privacy.identity_changed(lin) == 0
    assert "attribute city" in contents(lin)
