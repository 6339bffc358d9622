"""One person under many names: evidence joins, contradictions change nothing, joins are undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import Conflict, InvalidInput, NotFound
from bot.profile import identity, persons, retention
from bot.profile.parties import Parties, Verdict
from bot.profile.refresh import fold_new
from bot.store import accounts, audit, events, identities, identity_joins, listing, profiles
from bot.store.db import fetch, run, transaction
from bot.values.identity import Key, Kind, Member, Named, Why, phone_number
from tests.bot.collect.conftest import killed_everywhere
from tests.conftest import NOON, a_follower
from tests.support.threads import together

BY = "operator:mei"
PHONE, OTHER_PHONE = Key(Kind.PHONE, "13812345678"), Key(Kind.PHONE, "13912345678")
CUSTOMER, WECOM = Key(Kind.CUSTOMER, "K-17"), Key(Kind.WECOM, "wm-1")
UNIONID = Key(Kind.UNIONID, "u-lin")
VISITOR = Key(Kind.VISITOR, "v" * 22)
MINI = Key(Kind.MINIPROGRAM, "om-1", "wxmini")


@pytest.fixture
def account(any_store) -> int:
    return accounts.ensure_default("wxdevelopment0000", "service", NOON)


def report(account: int, *names: Key | int, key: str = "", topic: str = "茶") -> None:
    """A report of something that happened, by these names; a number is a follower of ours."""
    follower = next((name for name in names if isinstance(name, int)), None)
    keys = tuple(name for name in names if isinstance(name, Key))
    number = key or str(fetch("SELECT COUNT(*) FROM event")[0][0])
    with transaction():
        ground = f"event:{events.dedupe(account, 'api', number)}"
        who = persons.whose(account, [Named(follower, keys, ground)], NOON)[0]
        events.append(
            account, who.follower, "product.view", at=NOON, received_at=NOON, source="api",
            key=number, facts={"topics": {topic: 1.0}}, identity_id=who.identity,
        )  # fmt: skip


def settled() -> None:
    """What runs by the clock has run."""
    identity.go_on(NOON)
    fold_new(NOON)


def number_of(account: int, key: Key) -> int:
    return identities.found(account, [key])[key].id


def owner(account: int, key: Key) -> int | None:
    """The follower to whom this name belongs."""
    return identities.found(account, [key])[key].follower


def topics(follower: int) -> set[str]:
    return set(profiles.interests_of([follower])[follower])


def shown(follower: int) -> tuple[Any, ...]:
    """All that a profile is: the state's very bits, and the tables that rules read."""
    tables = ("follower_attribute", "follower_tag", "follower_interest")
    return (
        profiles.dumped(profiles.state_of(follower)),
        *(sorted(fetch(f"SELECT * FROM {t} WHERE follower_id = ?", (follower,))) for t in tables),
        fetch("SELECT orders, spent_fen, messages, first_seen_at, last_seen_at FROM profile"
              " WHERE follower_id = ?", (follower,)) or [(0, 0, 0, None, None)],
        fetch("SELECT stage FROM follower WHERE id = ?", (follower,)),
    )  # fmt: skip


def joined(account: int) -> list[identity_joins.Join]:
    ids = [row[0] for row in fetch("SELECT id FROM identity")]
    return identity_joins.between(account, ids)


def emptied() -> None:
    """A world without people again."""
    for table in ("event", "identity_conflict", "identity_join", "identity", "profile",
                  "follower_interest", "follower_tag", "follower"):  # fmt: skip
        run(f"DELETE FROM {table}")


# --- joining -----------------------------------------------------------------------------------


def test_what_waited_for_somebody_becomes_his_profile(account):
    lin = a_follower(account)
    report(account, CUSTOMER, topic="茶")
    report(account, CUSTOMER, topic="咖啡")
    settled()
    assert (owner(account, CUSTOMER), topics(lin)) == (None, set())
    report(account, lin, CUSTOMER, topic="酒")
    settled()
    assert (owner(account, CUSTOMER), topics(lin)) == (lin, {"茶", "咖啡", "酒"})
    report(account, CUSTOMER, topic="饭")
    settled()
    assert topics(lin) == {"茶", "咖啡", "酒", "饭"}
    [join] = joined(account)
    assert (join.why, join.follower, join.state) == (Why.TOLD_TOGETHER, lin, "done")
    assert join.evidence == f"event:{events.dedupe(account, 'api', '2')}"


def test_names_are_joined_over_several_reports(account):
    """A telephone leads from a shop's customer to a mini-program's user, who has the unionid."""
    lin = a_follower(account)
    report(account, CUSTOMER, PHONE, topic="茶")
    report(account, MINI, PHONE, topic="酒")
    report(account, UNIONID, MINI, topic="饭")
    settled()
    contacts = {one.contact for one in identities.by_ids(account, [1, 2, 3, 4])}
    assert len(contacts) == 1, "one contact, who waits"
    listing.keep_unionid(lin, UNIONID.value)
    assert identity.platform_told(account, [lin], NOON) == 1
    settled()
    assert topics(lin) == {"茶", "酒", "饭"}
    report(account, UNIONID, topic="奶")
    settled()
    assert "奶" in topics(lin)


def test_a_known_unionid_needs_no_identity(account):
    lin = a_follower(account)
    listing.keep_unionid(lin, UNIONID.value)
    report(account, UNIONID, CUSTOMER)
    settled()
    assert owner(account, CUSTOMER) == lin
    assert fetch("SELECT COUNT(*) FROM identity WHERE kind = 'unionid'") == [(0,)]


def test_what_crossed_each_other_is_found_at_night(account):
    lin = a_follower(account)
    report(account, UNIONID)
    listing.keep_unionid(lin, UNIONID.value)
    assert identity.catch_up(account, NOON) == 1
    assert identity.catch_up(account, NOON) == 0
    settled()
    assert topics(lin) == {"茶"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13812345678", "13812345678"), ("+86 138-1234-5678", "13812345678"),
        ("8613812345678", "13812345678"), ("+4915112345678", "+4915112345678"),
        ("12812345678", None), ("4915112345678", None), ("", None), ("1381234567", None),
    ],
)  # fmt: skip
def test_a_telephone_has_one_form(text, number):
    assert phone_number(text) == number


# --- contradictions ----------------------------------------------------------------------------

LIN, WANG = -1, -2  # followers
# What is told one after the other, and to whom the first name of the last row then belongs.
TOLD: dict[str, tuple[list[tuple[Key | int, ...]], int | None, int]] = {
    "a customer number of two followers": ([(LIN, CUSTOMER), (WANG, CUSTOMER)], LIN, 1),
    "a telephone of two followers": ([(LIN, PHONE), (WANG, PHONE)], LIN, 1),
    "a telephone of two customers, one of whom is a follower": (
        [(CUSTOMER, PHONE), (Key(Kind.CUSTOMER, "K-18"), PHONE), (LIN, PHONE)], None, 2,
    ),
    "a telephone of a customer of two shops": (
        [(CUSTOMER, PHONE), (Key(Kind.CUSTOMER, "7", "crm"), PHONE), (LIN, PHONE)], LIN, 0,
    ),
    "a telephone of a customer who is a follower": ([(CUSTOMER, PHONE), (LIN, PHONE)], LIN, 0),
    "two telephones of one follower": ([(LIN, PHONE), (LIN, OTHER_PHONE)], LIN, 0),
    "two users of one mini-program": (
        [(LIN, MINI), (LIN, Key(Kind.MINIPROGRAM, "om-2", "wxmini"))], None, 1,
    ),
    "users of two mini-programs": (
        [(LIN, MINI), (LIN, Key(Kind.MINIPROGRAM, "om-2", "wxother"))], LIN, 0,
    ),
    "two unionids": ([(LIN, UNIONID), (LIN, Key(Kind.UNIONID, "u-2"))], None, 1),
    "two customer numbers of one follower": (
        [(LIN, CUSTOMER), (LIN, Key(Kind.CUSTOMER, "K-18"))], LIN, 0,
    ),
    "a web visitor beside another name": ([(VISITOR,), (LIN, VISITOR)], None, 0),
}  # fmt: skip


def test_what_contradicts_changes_nothing_and_is_kept(store):
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    for case, (rows, whose, conflicts) in TOLD.items():
        emptied()
        people = {LIN: a_follower(account), WANG: a_follower(account, "o-wang")}
        last = next(name for name in reversed(rows[-1]) if isinstance(name, Key))
        for again in (False, True):
            for row in rows:
                report(account, *(people.get(name, name) for name in row))
            found = owner(account, last), len(identity_joins.conflicts(account, 10))
            assert found == (people.get(whose), conflicts), (case, again)


def test_two_followers_never_become_one_whatever_is_told():
    """Every order of every evidence over a small world: no person has two followers."""

    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.tuples(st.integers(1, 6), st.integers(-3, 6), st.sampled_from(Why))))
    def holds(told):
        kinds = [Kind.UNIONID, Kind.UNIONID, Kind.PHONE, Kind.PHONE, Kind.CUSTOMER, Kind.WECOM]
        members = [Member(n, kind, "", str(n), None, None) for n, kind in enumerate(kinds, start=1)]
        world = Parties(members, {1: None, 2: "1", 3: None})
        joins = 0
        for one, other, why in told:
            if other == 0 or one == other:
                continue
            named = {"follower": -other} if other < 0 else {"other": other}
            joins += world.join(one, why, "", **named) is Verdict.JOINED
        parties = {id(world.of(m.id)): world.of(m.id) for m in members}.values()
        assert sum(len(p.members) for p in parties) == 6
        followers = [p.follower for p in parties if p.follower]
        assert len(followers) == len(set(followers))
        assert all(len(p.names(frozenset({Kind.UNIONID}))) <= 1 for p in parties)
        # A tree: each join made one party of two.
        assert joins == 6 + 3 - len(parties) - (3 - len(followers))
        assert len(world.edges) == joins

    holds()


def test_told_at_once_by_many_one_is_joined(account):
    people = [a_follower(account), a_follower(account, "o-wang")]
    for number in range(3):
        report(account, CUSTOMER, key=f"c{number}")
    together(6, lambda n: report(account, people[n % 2], CUSTOMER, key=f"t{n}"))
    settled()
    [join] = joined(account)
    whose = "SELECT DISTINCT follower_id FROM event WHERE identity_id IS NOT NULL"
    assert fetch(whose) == [(join.follower,)], "all that waited is with one"
    [conflict] = identity_joins.conflicts(account, 9)
    assert {conflict.follower, join.follower} == set(people)
    assert conflict.times == 3


# --- the web visitor ---------------------------------------------------------------------------


def test_a_visitor_is_joined_by_the_followers_own_link_once(account):
    lin, wang = a_follower(account), a_follower(account, "o-wang")
    report(account, VISITOR)
    friend = Key(Kind.VISITOR, "w" * 22)
    steps = [
        (VISITOR, lin, "link:1:1", Verdict.JOINED),
        (VISITOR, lin, "link:1:1", Verdict.TOGETHER),
        (VISITOR, lin, "link:2:9", Verdict.TOGETHER),
        (friend, lin, "link:1:1", Verdict.CONFLICT),  # he got the link forwarded
        (VISITOR, wang, "link:1:2", Verdict.CONFLICT),  # one device, two people
        (friend, lin, "link:2:9", Verdict.JOINED),  # a second device of hers
        (Key(Kind.VISITOR, "x" * 22), wang, "link:1:1", Verdict.JOINED),  # a link sent to many
    ]
    for visitor, follower, link, verdict in steps:
        assert identity.opened_link(account, visitor, follower, link, NOON) is verdict
    settled()
    assert topics(lin) == {"茶"}
    assert len(identity_joins.conflicts(account, 10)) == 2


def test_who_is_not_to_be_known_is_not_joined(store):
    account = accounts.ensure_default("wxdevelopment0000", "service", NOON)
    accounts.add("other", "wxother00000000000", "s", "t", "k", "service", NOON)
    for change in ("personalised = FALSE", "erased_at = 1", "account_id = 2", "id = 99"):
        lin = a_follower(account, change)
        run(f"UPDATE follower SET {change} WHERE id = ?", (lin,))
        assert identity.opened_link(account, VISITOR, lin, "link:1:1", NOON) is None, change
    assert fetch("SELECT COUNT(*) FROM identity") == [(0,)]


# --- undoing -----------------------------------------------------------------------------------


def test_a_join_undone_leaves_the_profile_as_it_was_and_is_not_made_again(account):
    lin = a_follower(account)
    report(account, lin, topic="酒")
    settled()
    before = shown(lin)
    report(account, CUSTOMER, topic="茶")
    report(account, lin, CUSTOMER, key="told", topic="酒")
    run("DELETE FROM event WHERE dedupe = ?", (events.dedupe(account, "api", "told"),))
    settled()
    assert topics(lin) == {"茶", "酒"}
    [join] = joined(account)
    undone = identity.undo(account, join.id, BY, NOON)
    assert (undone.events, undone.join.state, undone.join.undone_by) == (1, "undone", BY)
    assert shown(lin) == before
    report(account, lin, CUSTOMER, key="again")
    assert owner(account, CUSTOMER) is None, "an undone join is not made again by itself"
    assert identity_joins.conflicts(account, 10) == []
    again = identity.join(
        account, number_of(account, CUSTOMER), lin, "he showed his card", BY, NOON
    )
    settled()
    assert (again.why, again.reason, topics(lin)) == (
        Why.OPERATOR,
        "he showed his card",
        {"茶", "酒"},
    )
    with pytest.raises(Conflict, match="undone before"):
        identity.undo(account, join.id, BY, NOON)
    assert [one.action for one in audit.entries()] == ["identity.join", "identity.undo"]


def test_what_an_operator_may_not_join(account):
    lin, wang = a_follower(account), a_follower(account, "o-wang")
    report(account, lin, CUSTOMER)
    number = number_of(account, CUSTOMER)
    for follower, why, error in (
        (wang, "x", Conflict), (lin, "x", Conflict), (wang, " ", InvalidInput), (99, "x", NotFound),
    ):  # fmt: skip
        with pytest.raises(error):
            identity.join(account, number, follower, why, BY, NOON)
    with pytest.raises(NotFound):
        identity.join(account, 99, lin, "x", BY, NOON)
    with pytest.raises(NotFound):
        identity.undo(account, 99, BY, NOON)


def test_undoing_takes_the_half_that_the_join_brought(account):
    """Customer and mini-program were joined before the telephone led them to Lin."""
    lin = a_follower(account)
    report(account, MINI, CUSTOMER)
    report(account, CUSTOMER, PHONE)
    report(account, lin, PHONE)
    report(account, lin, WECOM)
    middle = next(one for one in joined(account) if one.follower == lin)
    identity.undo(account, middle.id, BY, NOON)
    assert [owner(account, key) for key in (MINI, CUSTOMER, PHONE, WECOM)] == [None] * 3 + [lin]
    contacts = {m.contact for m in identities.found(account, [MINI, CUSTOMER, PHONE]).values()}
    assert len(contacts) == 1, "they are one person still"


def test_events_that_retention_removed_cannot_be_parted(account):
    lin = a_follower(account)
    report(account, CUSTOMER)
    report(account, lin, CUSTOMER)
    settled()
    retention.retain({"product.view": 30}, NOON + timedelta(days=31))
    [join] = joined(account)
    with pytest.raises(Conflict, match="retention"):
        identity.undo(account, join.id, BY, NOON)
    assert identity.undo(account, join.id, BY, NOON, anyway=True).kept == 1
    assert topics(lin) == {"茶"}, "told, and kept"


NAMES = st.sampled_from([CUSTOMER, PHONE, WECOM, MINI, Key(Kind.CUSTOMER, "9", "crm")])


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    before=st.lists(st.tuples(NAMES, NAMES, st.sampled_from("茶酒饭")), max_size=5),
    mine=st.lists(st.sampled_from("茶咖"), max_size=3),
    bridge=NAMES,
    after=st.lists(st.tuples(NAMES, NAMES, st.sampled_from("茶奶")), max_size=3),
)
def test_joined_and_parted_a_profile_is_what_it_was_bit_for_bit(
    account, before, mine, bridge, after
):
    emptied()
    lin, wang = a_follower(account), a_follower(account, "o-wang")
    for topic in mine:
        report(account, lin, topic=topic)
        report(account, wang, topic=topic)
    for one, two, topic in before:
        report(account, *dict.fromkeys((one, two)), topic=topic)
    settled()
    kept = shown(lin)
    report(account, bridge, topic="饭")
    wrong = identity.join(account, number_of(account, bridge), lin, "x", BY, NOON)
    for one, two, topic in after:
        report(account, *dict.fromkeys((one, two)), topic=topic)
    settled()
    assert topics(lin) >= {"饭"}
    identity.undo(account, wrong.id, BY, NOON)
    settled()
    assert shown(lin) == kept
    waits = "SELECT COUNT(*) FROM event WHERE follower_id IS NULL"
    assert fetch(waits) == [(len(before) + 1 + len(after),)], "nothing is lost"


def test_killed_at_any_write_a_join_and_its_undoing_are_gone_on_with(account, monkeypatch):
    monkeypatch.setattr(identity, "BATCH", 1)
    lin = a_follower(account)
    report(account, lin, topic="酒")
    settled()
    before = shown(lin)
    for n in range(15):
        report(account, CUSTOMER, key=f"c{n}", topic="茶")
    settled()
    number = number_of(account, CUSTOMER)

    def joining() -> None:
        if owner(account, CUSTOMER) is None:
            identity.join(account, number, lin, "x", BY, NOON)
        identity.go_on(NOON)

    assert killed_everywhere(monkeypatch, joining) > 5
    fold_new(NOON)
    assert fetch("SELECT COUNT(*) FROM event WHERE follower_id = ?", (lin,)) == [(16,)]
    [join] = joined(account)
    assert join.state == "done"
    assert profiles.state_of(lin)["kinds"]["product.view"] == 16

    def undoing() -> None:
        if owner(account, CUSTOMER) is not None:
            identity.undo(account, join.id, BY, NOON)
        identity.go_on(NOON)

    assert killed_everywhere(monkeypatch, undoing) > 5
    assert shown(lin) == before
    assert [one.state for one in joined(account)] == ["undone"]


def test_who_is_erased_takes_with_him_what_had_yet_to_follow(account):
    from bot.profile import privacy

    lin = a_follower(account)
    report(account, CUSTOMER)
    report(account, lin, CUSTOMER)  # nothing has followed yet
    privacy.erase(lin, "follower", NOON)
    identity.go_on(NOON)
    for table in ("event", "identity", "identity_join"):
        assert fetch(f"SELECT COUNT(*) FROM {table}") == [(0,)]
    report(account, CUSTOMER)
    assert owner(account, CUSTOMER) is None
