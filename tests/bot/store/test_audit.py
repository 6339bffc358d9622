"""The audit log: a chain in which nothing can be changed, removed, inserted or cut off unseen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.store import audit
from bot.store.db import fetch, run
from tests.conftest import NOON
from tests.support.threads import together


def a_log(entries: int = 6) -> None:
    for n in range(entries):
        audit.record("operator:mei", "export", NOON, follower_id=n % 2 + 1, detail={"n": n})


def test_a_whole_chain_has_no_fault(any_store):
    assert audit.check() == (0, [])
    a_log()
    assert audit.check() == (6, [])


def test_what_was_done_with_threads_at_once_is_one_chain(any_store):
    together(4, lambda n: [audit.record(f"operator:{n}", "show", NOON) for _ in range(5)])
    assert audit.check() == (20, [])
    assert fetch("SELECT COUNT(DISTINCT previous) FROM audit_entry") == [(20,)]


TAMPERED = [
    pytest.param("UPDATE audit_entry SET actor = 'nobody' WHERE number = 3", "3", id="who"),
    pytest.param("UPDATE audit_entry SET at = at - 1 WHERE number = 3", "3", id="when"),
    pytest.param("UPDATE audit_entry SET action = 'x' WHERE number = 3", "3", id="what"),
    pytest.param("UPDATE audit_entry SET subject = '' WHERE number = 3", "3", id="of whom"),
    pytest.param("UPDATE audit_entry SET detail = '{}' WHERE number = 3", "3", id="the detail"),
    pytest.param("DELETE FROM audit_entry WHERE number = 3", "3 to 3", id="one removed"),
    pytest.param("DELETE FROM audit_entry WHERE number = 1", "1 to 1", id="the first removed"),
    pytest.param("DELETE FROM audit_entry WHERE number = 6", "ends with entry 5", id="the last"),
    pytest.param("DELETE FROM audit_entry", "ends with entry 0", id="all removed"),
    pytest.param("DELETE FROM audit_head", "1 to 6 stand behind", id="the head removed"),
    pytest.param(
        "INSERT INTO audit_entry SELECT 99, 7, at, actor, action, subject, detail, hash, 'x'"
        " FROM audit_entry WHERE number = 6", "7 to 7 stand behind", id="one written by hand",
    ),
    pytest.param("UPDATE audit_head SET number = 5", "head", id="the head moved back"),
    pytest.param(
        "UPDATE audit_entry SET number = 7 - number + 100 WHERE number IN (3, 4)", "3 to",
        id="two exchanged",
    ),
]  # fmt: skip


def test_every_meddling_is_found(store):
    """By SQL, as who can write to the database but has not the key."""
    a_log()
    rows = fetch("SELECT * FROM audit_entry")
    head = fetch("SELECT * FROM audit_head")
    for case in TAMPERED:
        sql, fault = case.values
        run(sql)
        faults = audit.check()[1]
        assert any(fault in said for said in faults), (case.id, faults)
        for table, kept in (("audit_entry", rows), ("audit_head", head)):
            run(f"DELETE FROM {table}")
            for row in kept:
                run(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", row)
        assert audit.check() == (6, [])


def test_a_tail_cut_off_with_its_head_put_right_is_found(store):
    """Everything that is there to be read is copied; the seal needs the key."""
    a_log()
    number, hash_ = fetch("SELECT number, hash FROM audit_entry WHERE number = 5")[0]
    run("DELETE FROM audit_entry WHERE number = 6")
    run("UPDATE audit_head SET number = ?, hash = ?", (number, hash_))
    assert audit.check()[1] == ["the head of the log was changed"]


def test_a_subject_is_a_pseudonym_by_which_it_can_be_asked(store):
    a_log()
    assert {e.detail["n"] for e in audit.entries(follower_id=1)} == {0, 2, 4}
    assert {row[0] for row in fetch("SELECT subject FROM audit_entry")} == {
        audit.pseudonym(1), audit.pseudonym(2)
    }  # fmt: skip
    assert audit.pseudonym(1) not in ("1", audit.pseudonym(2))


def test_looks_are_counted_by_who_and_what(store):
    a_log()
    audit.record("follower", "show", NOON - timedelta(days=40), follower_id=9)
    assert audit.looks(NOON) == [
        {"actor": "operator:mei", "action": "export", "times": 6, "people": 2}
    ]
