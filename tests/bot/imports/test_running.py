"""Importing: the report adds up line by line; each line lands once, however often it is told."""

import json
import re
from datetime import timedelta

import pytest

from bot.clock import to_ms
from bot.errors import Conflict, InvalidInput
from bot.i18n import catalogue
from bot.imports import landing, running
from bot.imports.mapping import parse
from bot.imports.sources import open_source
from bot.profile import privacy
from bot.profile.refresh import fold_new
from bot.store import events, followers, import_rejects, suppression
from bot.store import imports as runs
from bot.store import imports as store
from bot.store import segments as dirty
from bot.store.db import fetch
from bot.store.models import Account, FollowerAttribute, FollowerTag
from bot.store.profiles import state_of
from tests.bot.imports.cast import (
    AGE,
    CITY,
    ORDERS,
    PEOPLE,
    an_account,
    bring,
    people,
    prepared,
    rejected,
    sums,
    table,
    try_out,
)
from tests.conftest import NOON, a_follower


class Crash(BaseException):
    """The process ends here: nothing of ours catches it."""


def the_log() -> list[tuple]:
    """Every event as (openid, kind, facts), sorted; the same for every way to the same end."""
    rows = fetch("SELECT follower_id, kind, facts FROM event")
    names = followers.openids_of([row[0] for row in rows])
    return sorted((names[who], kind, facts) for who, kind, facts in rows)


def attributes(openid: str) -> dict[str, str]:
    fold_new(NOON)
    who = followers.find(an_account(), openid)
    rows = FollowerAttribute.select().where(FollowerAttribute.follower == who.id)
    return {row.name: row.text for row in rows}


DIRT = [
    ["openid", "city", "age"],
    ["o-1", "北京", 25],
    ["o-2", " 上海 ", "２６"],
    ["o-3", "", "-"],
    ["o-1", "天津", 27],
    ["坏的", "广州", 30],
    ["", "广州", 31],
    ["o-4", "深圳", "很老"],
    ["o-5", "成都", 40, "多了"],
    ["o-2", "南京", "x"],
]  # fmt: skip


@pytest.mark.mysql
def test_a_dirty_table_adds_up_line_by_line(any_store, tmp_path):
    result = bring(table(tmp_path / "a.csv", DIRT))
    assert sums(result) == (9, 3, 0, 5, 1)
    report = result.report
    assert report.changes == {"city": {"text": 1}, "age": {"text": 1, "blank word": 1}}
    assert report.reasons == {"not_openid": 1, "nobody_named": 1, "not_number": 2, "columns": 1}
    assert (report.followers_made, report.events) == (3, 4)
    assert attributes("o-1") == {"city": "天津", "age": "27"}  # the last of both lines
    assert attributes("o-2") == {"city": "上海", "age": "26"}  # its twin was rejected
    assert attributes("o-3") == {}


def test_the_reject_file_says_where_what_and_why_and_can_be_put_right(any_store, tmp_path):
    rows = rejected(bring(table(tmp_path / "a.csv", DIRT)))
    assert rows[0][4:] == DIRT[0]
    assert [(row[0], row[1]) for row in rows[1:]] == [
        ("6", "openid"), ("7", ""), ("8", "age"), ("9", ""), ("10", "age"),
    ]  # fmt: skip
    assert rows[3][2:] == ["is not a number", "不是数字", "o-4", "深圳", "很老"]
    rows[3][6] = "70"
    again = bring(table(tmp_path / "again.csv", [rows[0], rows[3]]))
    assert sums(again) == (1, 1, 0, 0, 0)
    assert attributes("o-4") == {"city": "深圳", "age": "70"}


def test_what_was_rejected_lies_in_no_file_beside_the_imported_one(store, tmp_path):
    bring(table(tmp_path / "people.csv", DIRT))
    assert [path.name for path in tmp_path.glob("people*")] == ["people.csv"]
    assert import_rejects.count(1) == 5


def test_repeating_a_file_changes_nothing(any_store, tmp_path):
    path = people(tmp_path)
    bring(path)
    before = the_log()
    renamed = path.rename(tmp_path / "again.csv")
    assert sums(bring(renamed)) == (10, 0, 10, 0, 0)
    assert the_log() == before


def test_a_dry_run_tells_what_would_be_and_writes_nothing(any_store, tmp_path):
    path = table(tmp_path / "a.csv", DIRT)
    said = try_out(path)
    assert the_log() == store.runs(an_account()) == []
    assert followers.count(an_account()) == 0
    done = bring(path)
    assert said.report == done.report
    assert said.first == done.first


def test_a_rehearsal_counts_an_order_once_however_far_apart_it_is_told(
    store, tmp_path, monkeypatch
):
    monkeypatch.setattr(running, "BATCH", 2)
    rows = [["o-1", "A1", "1", "2026-01-01"], *([f"o-{n}", "A2", "1", ""] for n in range(4)),
            ["o-2", "A1", "1", "2026-01-01"]]  # fmt: skip
    path = table(tmp_path / "a.csv", [["openid", "no", "paid", "when"], *rows])
    mapping = {**ORDERS, "duplicates": {"by": ["openid", "order"]}}
    said, done = try_out(path, mapping).report, bring(path, mapping).report
    assert said == done
    assert (done.taken, done.events, done.rejected) == (2, 1, 4)


def test_a_rehearsal_makes_each_stranger_once(store, tmp_path):
    rows = [["o-1", f"n{n}", "1", "2026-01-01"] for n in range(3)]
    path = table(tmp_path / "a.csv", [["openid", "no", "paid", "when"], *rows])
    assert try_out(path, ORDERS).report.followers_made == 1


def test_what_was_interrupted_goes_on_where_it_stopped(store, tmp_path, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 4)
    path, landed, real = people(tmp_path), [], landing.land

    def dies(account_id, items, *rest):
        if len(landed) == 2:
            raise Crash
        landed.append(len(items))
        return real(account_id, items, *rest)

    monkeypatch.setattr(running, "land", dies)
    with pytest.raises(Crash):
        bring(path)
    landed.clear()
    result = bring(path)
    assert (result.resumed_at, landed, sums(result)) == (8, [2], (10, 10, 0, 0, 0))


def test_of_two_processes_with_one_file_each_row_lands_by_one(any_store, tmp_path, monkeypatch):
    """The other one takes all rows while the first is between two batches."""
    monkeypatch.setattr(running, "BATCH", 4)
    path = people(tmp_path)

    def other(phase, done, total):
        if phase == "importing" and not others:
            others.append(bring(path))

    others = []
    with pytest.raises(Conflict, match="in another process"):
        running.run(an_account(), prepared(path), lambda: NOON, progress=other)
    assert sums(others[0]) == (10, 10, 0, 0, 0)
    assert len(the_log()) == len(set(the_log())) == 20


def test_rows_that_a_process_since_killed_took_are_not_counted_again(store, tmp_path, monkeypatch):
    """The other one takes the second batch and is killed: the first stops, the next goes on."""
    monkeypatch.setattr(running, "BATCH", 4)
    rows = [[f"o-{n}", "北京", "x" if n == 5 else n] for n in range(10)]
    path, others = table(tmp_path / "a.csv", [["openid", "city", "age"], *rows]), []

    def killed(phase, done, total):
        """First it passes over what is done, then it lands a batch, then it dies."""
        others.append(1)
        if len(others) == 3:
            raise Crash

    def other(phase, done, total):
        if phase == "importing" and not others:
            others.append(1)
            with pytest.raises(Crash):
                running.run(an_account(), prepared(path), lambda: NOON, progress=killed)

    with pytest.raises(Conflict, match="in another process"):
        running.run(an_account(), prepared(path), lambda: NOON, progress=other)
    result = bring(path)
    assert (result.resumed_at, sums(result)) == (8, (10, 9, 0, 1, 0))
    assert len(rejected(result)) == 2


def test_what_goes_on_tomorrow_was_told_when_it_began(store, tmp_path, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 4)
    path = people(tmp_path)

    def killed(phase, done, total):
        raise Crash

    with pytest.raises(Crash):
        running.run(an_account(), prepared(path), lambda: NOON, progress=killed)
    later = NOON + timedelta(days=1)
    running.run(an_account(), prepared(path), lambda: later)
    assert fetch("SELECT DISTINCT at FROM event") == [(to_ms(NOON),)]
    assert runs.get(an_account(), 1).ended_at == later


def test_equal_values_of_two_columns_are_two_facts(store, tmp_path):
    columns = {"openid": "openid", "city": CITY, "age": {**AGE, "type": "text"}}
    path = table(tmp_path / "a.csv", [["openid", "city", "age"], ["o-1", "7", "7"]])
    assert bring(path, {"columns": columns}).report.events == len(the_log()) == 2


@pytest.mark.parametrize("cells", [["北京", "25"], ["北\n京", "25"]], ids=["a line", "two lines"])
def test_how_far_it_is_can_be_told_from_the_beginning(store, tmp_path, cells):
    """In both passes, what is left: rows done of about so many, and then of exactly so many."""
    path = table(tmp_path / "a.csv", [["openid", "city", "age"], *([f"o-{n}", *cells]
                 for n in range(9))])  # fmt: skip
    told = []
    whole = running.prepare(open_source(path), parse(PEOPLE), NOON, lambda *now: told.append(now))
    running.run(an_account(), whole, lambda: NOON, progress=lambda *now: told.append(now))
    lines = path.read_bytes().count(b"\n")
    assert told == [("reading", 9, lines), ("importing", 9, 9)]


# --- who ---------------------------------------------------------------------------------------


def test_who_is_named_in_any_way(any_store, tmp_path):
    owner = an_account()
    lin = a_follower(owner)
    mapping = {"columns": {"f": "follower", "o": "openid", "u": "unionid", "p": "phone",
                           "c": "customer", "t": "tag"}}  # fmt: skip
    rows = [
        ["f", "o", "u", "p", "c", "t"],
        ["", "o-lin", "u-lin", "", "", "a"],
        ["", "", "u-lin", "", "", "b"],
        [lin, "", "", "", "", "c"],
        [lin + 999, "", "", "", "", "d"],
        ["", "", "u-nobody", "", "", "d"],
        ["", "", "", "13812345678", "", "d"],
        ["", "", "", "", "K-17", "d"],
    ]  # fmt: skip
    first = bring(table(tmp_path / "1.csv", rows[:2]), mapping)
    assert sums(first) == (1, 1, 0, 0, 0)
    path = table(tmp_path / "2.csv", [rows[0], *rows[2:]])
    tried, second = try_out(path, mapping), bring(path, mapping)
    assert sums(tried) == sums(second) == (6, 5, 0, 1, 0)
    assert second.report.reasons == {"no_person": 1}, "a follower number that is nobody's"
    waiting = "SELECT kind FROM identity WHERE follower_id IS NULL ORDER BY id"
    assert {row[0] for row in fetch(waiting)} == {"unionid", "phone", "customer"}
    assert fetch("SELECT COUNT(*) FROM event WHERE follower_id IS NULL") == [(3,)], "they wait"
    fold_new(NOON)
    tags = {row.tag: row.source for row in FollowerTag.select()}
    assert tags == {"a": "import", "b": "import", "c": "import"}


def test_a_new_openid_is_a_follower_who_does_not_follow(any_store, tmp_path):
    bring(people(tmp_path, 1))
    made = followers.find(an_account(), "o-0")
    assert made is not None
    assert (made.subscribed, made.marketing_consent, made.stage) == (False, True, "new")
    assert [who for who, _ in dirty.dirty(an_account(), 10)] == [made.id]


def test_another_account_s_follower_is_nobody_here(store, tmp_path):
    other = Account.create(slug="other", appid="wxother00000000", created_at=NOON)
    theirs = a_follower(other.id, "o-theirs")
    path = table(tmp_path / "a.csv", [["f", "t"], [theirs, "x"]])
    assert bring(path, {"columns": {"f": "follower", "t": "tag"}}).report.rejected == 1


def test_who_was_erased_stays_erased_and_a_refusal_outlives_a_list(any_store, tmp_path):
    owner = an_account()
    lin = a_follower(owner)
    followers.mark_opted_out(lin, NOON)
    privacy.erase(lin, "follower", NOON)
    mapping = {"columns": {"f": "follower", "t": "tag"}}
    gone = bring(table(tmp_path / "1.csv", [["f", "t"], [lin, "x"]]), mapping)
    assert gone.report.reasons == {"no_person": 1}
    bring(table(tmp_path / "2.csv", [["openid", "city", "age"], ["o-lin", "北京", 25]]))
    again = followers.find(owner, "o-lin")
    assert again is not None
    assert again.id != lin
    assert again.marketing_consent is False
    assert suppression.refused_at(owner, followers.blind("o-lin"))


# --- what --------------------------------------------------------------------------------------


def test_an_order_counts_once_whoever_reports_it(any_store, tmp_path):
    owner = an_account()
    lin = a_follower(owner)
    events.append(owner, lin, "order", at=NOON, received_at=NOON, source="order", key="A1",
                  facts={"amount_fen": 100})  # fmt: skip
    rows = [["openid", "no", "paid", "when"], ["o-lin", "A1", "1.00", "2026-11-20"],
            ["o-lin", "A2", "12.34", "2026-11-20 09:00"], ["o-lin", "A2", "99", "2026-11-20"],
            ["o-lin", "A3", "1", ""]]  # fmt: skip
    result = bring(table(tmp_path / "a.csv", rows), ORDERS)
    assert sums(result) == (4, 1, 1, 2, 0)
    assert result.report.reasons == {"duplicate": 1, "missing": 1}
    fold_new(NOON)
    state = state_of(lin)
    assert (state["orders"], state["spent"]) == (2, 1334)


def test_events_topics_and_tags_reach_the_profile(any_store, tmp_path):
    lin = a_follower(an_account())
    visits = {"kind": "events", "event": "custom.visit",
              "columns": {"openid": "openid", "at": "at",
                          "n": {"to": "fact", "name": "n", "type": "number"}}}  # fmt: skip
    rows = [["openid", "at", "n"], ["o-lin", "2026-11-20", 3], ["o-lin", "2026-11-20", 3]]
    assert sums(bring(table(tmp_path / "e.csv", rows), visits)) == (2, 2, 0, 0, 0)
    likes = {"columns": {"openid": "openid", "l": "topic",
                         "vip": {"to": "tag", "name": "会员"}}}  # fmt: skip
    bring(table(tmp_path / "t.csv", [["openid", "l", "vip"], ["o-lin", "咖啡、甜品", "是"]]), likes)
    fold_new(NOON)
    state = state_of(lin)
    assert state["kinds"] == {"custom.visit": 2, "interest.imported": 1, "tag": 1}
    assert set(state["topics"]) == {"咖啡", "甜品"}
    assert "last" not in state  # what a list says of him is no act of his
    assert state["tags"]["会员"][0] is True


# --- policies over the whole column ---------------------------------------------------------------


def ages(tmp_path, values, **policy):
    """The ages kept (None: none), and the result."""
    rows = [[f"o-{n}", "", value] for n, value in enumerate(values)]
    columns = {"openid": "openid", "age": {**AGE, **policy}}
    result = bring(table(tmp_path / "a.csv", [["openid", "city", "age"], *rows]),
                   {"columns": columns})  # fmt: skip
    told = {name: json.loads(facts)["value"] for name, _, facts in the_log()}
    return [told.get(f"o-{n}") for n in range(len(values))], result


FILLS = [
    pytest.param("mean", [10, "", 20, 60], [10, 30, 20, 60], id="mean"),
    pytest.param("median", [10, "", 20, 60], [10, 20, 20, 60], id="median"),
    pytest.param("mode", [7, "", 9, 9, 7, 9], [7, 9, 9, 9, 7, 9], id="mode"),
    pytest.param("mode", [9, "", 7], [9, 7, 7], id="mode of equals: the first by name"),
    pytest.param({"constant": 5}, [1, ""], [1, 5], id="a constant"),
    pytest.param("interpolate", ["", 10, "", "", 40, ""], [10, 10, 20, 30, 40, 40],
                 id="on the line between the neighbours"),
    pytest.param("mean", ["", ""], [None, None], id="the mean of nothing"),
    pytest.param("keep", [1, ""], [1, None], id="left missing"),
]  # fmt: skip


@pytest.mark.parametrize(("missing", "given", "kept"), FILLS)
def test_missing_values_are_filled_as_declared(store, tmp_path, missing, given, kept):
    found, result = ages(tmp_path, given, missing=missing)
    assert found == kept
    filled = sum(new is not None for old, new in zip(given, kept, strict=True) if old == "")
    word = "constant" if isinstance(missing, dict) else missing
    assert result.report.changes.get("age", {}).get(f"filled: {word}", 0) == filled


def test_a_missing_value_may_drop_the_line(store, tmp_path):
    _, result = ages(tmp_path, [1, ""], missing="drop")
    assert sums(result) == (2, 1, 0, 1, 0)
    assert result.report.reasons == {"missing": 1}


def test_a_constant_that_is_no_number_is_refused_before_anything_is_written(store, tmp_path):
    with pytest.raises(InvalidInput, match="constant"):
        ages(tmp_path, [1, ""], missing={"constant": "viel"})
    assert store_is_empty()


def store_is_empty() -> bool:
    return followers.count(an_account()) == 0 and not store.runs(an_account())


NORMAL = [20, 21, 22, 23, 24, 25, 26, 27]


@pytest.mark.parametrize(
    ("outliers", "kept", "rejected"),
    [
        pytest.param({"by": "iqr", "action": "clip"}, 30.5, 0, id="moved to the fence"),
        pytest.param({"by": "iqr", "action": "blank"}, None, 0, id="blanked"),
        pytest.param({"by": "iqr", "action": "reject"}, None, 1, id="the line rejected"),
        pytest.param({"by": "iqr"}, 999, 0, id="kept, and counted"),
        pytest.param({"by": "z", "k": 2, "action": "blank"}, None, 0, id="by deviations"),
        pytest.param({"by": "iqr", "k": 1000}, 999, 0, id="far is a matter of k"),
    ],
)
def test_outliers_are_treated_as_declared(store, tmp_path, outliers, kept, rejected):
    found, result = ages(tmp_path, [*NORMAL, 999], outliers=outliers)
    assert found[:8] == NORMAL
    assert (found[8], result.report.rejected) == (
        pytest.approx(kept, abs=4) if kept and kept < 100 else kept, rejected,
    )  # fmt: skip


def test_a_blanked_outlier_is_filled_by_what_the_others_are_like(store, tmp_path):
    found, _ = ages(tmp_path, [*NORMAL, 999], outliers={"action": "blank"}, missing="median")
    assert found[8] == 23.5


@pytest.mark.parametrize(
    ("keep", "expected", "counts"),
    [
        pytest.param("first", ("北京", "25"), (4, 2, 0, 0, 2), id="the first"),
        pytest.param("last", ("上海", None), (4, 2, 0, 0, 2), id="the last"),
        pytest.param("merge", ("上海", "26"), (4, 2, 0, 0, 2), id="all, the later first"),
        pytest.param("reject", ("北京", "25"), (4, 2, 0, 2, 0), id="the first, the others told"),
    ],
)
def test_twins(store, tmp_path, keep, expected, counts):
    rows = [["openid", "city", "age"], ["o-1", "北京", 25], ["o-1", "", 26], ["o-2", "", 1],
            ["o-1", "上海", ""]]  # fmt: skip
    result = bring(table(tmp_path / "a.csv", rows), {**PEOPLE, "duplicates": {"keep": keep}})
    assert sums(result) == counts
    found = attributes("o-1")
    assert (found.get("city"), found.get("age")) == expected


def test_a_merged_line_is_whole_after_a_kill_between_its_parts(store, tmp_path, monkeypatch):
    monkeypatch.setattr(running, "BATCH", 1)
    rows = [["openid", "city", "age"], ["o-1", "北京", 25], ["o-2", "", 1], ["o-1", "", 26]]
    path = table(tmp_path / "a.csv", rows)
    mapping = {**PEOPLE, "duplicates": {"keep": "merge"}}
    real, seen = running.land, []

    def dies(*args):
        seen.append(1)
        if len(seen) == 3:
            raise Crash
        return real(*args)

    monkeypatch.setattr(running, "land", dies)
    with pytest.raises(Crash):
        bring(path, mapping)
    assert sums(bring(path, mapping)) == (3, 2, 0, 0, 1)
    assert attributes("o-1") == {"city": "北京", "age": "26"}


def test_a_row_is_the_log_s_own_row(any_store, tmp_path):
    path = table(tmp_path / "a.csv", [["openid", "t"], ["o-1", "贵"]])
    bring(path, {"columns": {"openid": "openid", "t": "tag"}})
    facts = {"tag": "贵", "on": True, "source": "import"}
    who = followers.find(an_account(), "o-1").id
    theirs = list(events.row(an_account(), who, "tag", NOON, NOON, "import", "", facts, None))
    [ours] = fetch(f"SELECT {','.join(events.COLUMNS)} FROM event")
    place = events.COLUMNS.index("dedupe")
    theirs[place] = ours[place]
    assert list(ours) == theirs
    assert re.fullmatch("[0-9a-f]{32}", ours[place])


def test_the_keys_of_a_file_stand_side_by_side_in_the_order_of_its_lines(store, tmp_path):
    rows = [["openid", "t"], *([f"o-{n}", "贵"] for n in range(20))]
    tags = {"columns": {"openid": "openid", "t": "tag"}}
    bring(table(tmp_path / "a.csv", rows), tags)
    bring(table(tmp_path / "b.csv", [*rows, ["o-21", "贱"]]), tags)
    keys = [row[0] for row in fetch("SELECT dedupe FROM event ORDER BY id")]
    for of_file in (keys[:20], keys[20:]):
        assert of_file == sorted(of_file)
        assert len({key[:8] for key in of_file}) == 1
    assert len({key[:8] for key in keys}) == 2


def test_a_column_that_is_not_there_is_named(store, tmp_path):
    with pytest.raises(InvalidInput, match="town"):
        bring(people(tmp_path), {"columns": {"openid": "openid", "town": CITY}})


def test_reasons_have_words_in_both_languages(store, tmp_path):
    words = {key for key in catalogue("zh") if key.startswith("import.reason.")}
    assert len(words) == 24
