"""What waits is folded fairly, follower by follower, and nothing that happens meanwhile is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.profile import folding
from bot.profile.fold import fold
from bot.profile.refresh import fold_new, fold_of, show_anew
from bot.store import accounts, consents, events, privacy, profiles
from bot.store.db import fetch, run, transaction
from tests.conftest import NOON, a_follower

KINDS = ("message.text", "order", "attribute")


@pytest.fixture
def account(any_store):
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


def did(account, follower, key, kind="message.text", source="import", **facts):
    return events.append(
        account, follower, kind, at=NOON, received_at=NOON, source=source, key=key, facts=facts
    )


def waiting():
    return {row[0] for row in fetch("SELECT id FROM event WHERE folded = FALSE")}


def versions():
    return dict(fetch("SELECT follower_id, version FROM profile"))


def equal_the_log(people):
    """Every profile is the fold of the events that say they are in it, and none waits."""
    log = {person: list(profiles.folded_events(person)) for person in people}
    return not waiting() and all(
        profiles.state_of(person) == fold({}, rows) for person, rows in log.items()
    )


def test_what_was_done_just_now_goes_before_an_import(account):
    people = [a_follower(account, f"o-{n}") for n in range(5)]
    for number in range(40):
        did(account, people[number % 5], f"i{number}")
    for source in ("callback", "handler", "tracking", "h5", "keyword"):
        new = did(account, people[4], f"new {source}", source=source)
        assert fold_new(NOON, batch=4, most=4) == 4
        assert new not in waiting()


def test_an_import_gets_a_quarter_however_much_is_done_just_now(account):
    lin, wang = a_follower(account, "o-lin"), a_follower(account, "o-wang")
    old = [did(account, wang, f"i{number}") for number in range(20)]
    new = [did(account, lin, f"c{number}", source="callback") for number in range(40)]
    left = []
    for _ in range(3):
        fold_new(NOON, batch=8, most=8)
        left.append((len(waiting() & {*new}), len(waiting() & {*old})))
    assert left == [(34, 18), (28, 16), (22, 14)]
    assert new[0] not in waiting()  # of those the oldest first


def test_nobody_waits_until_all_of_another_s_backlog_is_folded(account):
    low, high, last = (a_follower(account, f"o-{n}") for n in range(3))
    for number in range(30):
        did(account, low, f"l{number}")
    did(account, high, "high")
    did(account, last, "last")
    turns = []
    while waiting():
        fold_new(NOON + timedelta(seconds=len(turns)), batch=2, most=2)
        turns.append([len(list(profiles.folded_events(one))) for one in (low, high, last)])
    assert next(of_low for of_low, *others in turns if others == [1, 1]) < 20
    assert turns[-1] == [30, 1, 1]


def test_a_profile_is_written_once_for_all_that_waits_for_it(account):
    people = [a_follower(account, f"o-{n}") for n in range(3)]
    for person in people:
        did(account, person, f"{person}")
    fold_new(NOON)
    before = versions()
    for number in range(60):
        did(account, people[number % 3], f"i{number}")
    assert fold_new(NOON) == 60
    assert versions() == {person: version + 1 for person, version in before.items()}


def test_one_follower_can_be_brought_up_to_date_alone(account):
    lin, wang = a_follower(account, "o-lin"), a_follower(account, "o-wang")
    others = {did(account, wang, f"w{number}") for number in range(3)}
    for number, source in enumerate(("import", "h5", "import")):
        did(account, lin, f"l{number}", source=source)
    assert fold_of(lin, NOON) == 3
    assert waiting() == others
    assert fold_of(lin, NOON) == 0


# --- while a batch is reckoned ------------------------------------------------------------------


def folded_by_another(account, lin, wang):
    fold_new(NOON)


def one_more_event(account, lin, wang):
    did(account, lin, "more")


def its_profile_was_changed(account, lin, wang):
    fold_of(lin, NOON)
    did(account, lin, "more")


def erased(account, lin, wang):
    privacy.erase(lin, NOON, NOON)


def what_was_said_was_revoked(account, lin, wang):
    with transaction():
        privacy.empty_events(lin, ["message.text"])
        privacy.refold(lin)


def does_not_want_it_shown(account, lin, wang):
    with transaction():
        assert consents.set_personalised(lin, False)
        show_anew(NOON, lin)


def it_was_wang_who_did_it(account, lin, wang):
    moved = "UPDATE event SET follower_id = ? WHERE follower_id = ? AND folded = FALSE"
    run(moved, (wang, lin))


@pytest.mark.parametrize(
    "meanwhile",
    [
        folded_by_another,
        one_more_event,
        its_profile_was_changed,
        erased,
        what_was_said_was_revoked,
        does_not_want_it_shown,
        it_was_wang_who_did_it,
    ],
)
@pytest.mark.parametrize("known", [False, True], ids=["no profile yet", "a profile"])
def test_what_happens_while_a_batch_is_reckoned_holds(
    account_id, store, monkeypatch, meanwhile, known
):
    lin, wang = a_follower(account_id, "o-lin"), a_follower(account_id, "o-wang")
    if known:
        for person in (lin, wang):
            did(account_id, person, f"old{person}", topics={"茶": 1})
        fold_new(NOON)
    for kind in KINDS:
        did(account_id, lin, f"l{kind}", kind, topics={"咖啡": 1}, name="city", value="北京")
        did(account_id, wang, f"w{kind}", kind, topics={"火锅": 1}, name="city", value="上海")
    happened = []

    def interrupted(state, log):
        if not happened:
            happened.append(True)
            meanwhile(account_id, lin, wang)
        return fold(state, log)

    monkeypatch.setattr(folding, "fold", interrupted)
    fold_new(NOON)
    assert happened
    alive = [wang] if meanwhile is erased else [lin, wang]
    assert equal_the_log(alive)
    assert {row[0] for row in fetch("SELECT follower_id FROM profile")} <= {*alive}
    topics = {row[0] for row in fetch(
        "SELECT topic FROM follower_interest WHERE follower_id = ?", (lin,)
    )}  # fmt: skip
    gone = meanwhile in (erased, what_was_said_was_revoked, does_not_want_it_shown)
    assert ("茶" in topics) is (known and not gone)
    if meanwhile in (erased, does_not_want_it_shown):
        assert topics == set()


@pytest.mark.parametrize(
    ("where", "order", "index"),
    [
        pytest.param("_FRESH", "id", "event_fresh", id="what was done just now"),
        pytest.param("_BULK", "follower_id, id", "event_bulk", id="bulk, in order, unsorted"),
    ],
)
def test_each_queue_is_read_by_its_index(store, where, order, index):
    from bot.store import waiting as queues

    more = f" AND {getattr(queues, where)}"
    more += " AND follower_id >= 7" if where == "_BULK" else ""
    plan = str(fetch(
        "EXPLAIN QUERY PLAN SELECT id, facts FROM event WHERE folded = FALSE"
        f"{more} ORDER BY {order} LIMIT 5"
    ))  # fmt: skip
    assert index in plan
    assert "TEMP B-TREE" not in plan
