"""The report holds line by line, against a reckoning of its own over real tables made dirty; and
whatever interrupts an import, and however its rows are cut into batches, it comes to the same."""

from __future__ import annotations

import csv
import gzip
import json
import random
import statistics
from collections import Counter
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.imports import running
from bot.imports.items import Maker
from bot.imports.mapping import parse
from bot.imports.running import Result
from bot.imports.sources import open_source
from bot.store import followers, import_rejects
from bot.store import imports as store_imports
from bot.store.db import fetch
from bot.store.models import database
from tests.bot.imports.cast import (
    an_account,
    bring,
    prepared,
    sums,
    table,
    try_out,
)
from tests.conftest import SHARED_DATA

BANK = SHARED_DATA / "bank_campaign" / "train.csv.gz"
ITEMS = SHARED_DATA / "journey_reco" / "train_weeks_01_40.csv.gz"


def real(path, count):
    if not path.exists():
        pytest.skip(f"{path.name} of the shared data is not here")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(islice(csv.reader(file), count + 1))


def check(path, mapping) -> Result:
    """Import it, and hold the report against the file, the log and the rejects, line by line."""
    tried, result = try_out(path, mapping), bring(path, mapping)
    report = result.report
    assert tried.report == report
    rows = {line.number: line.cells for line in open_source(path).rows()}
    assert report.read == len(rows)
    faulty = list(import_rejects.rows(result.run_id))
    assert len({row.line for row in faulty}) == len(faulty) == report.rejected
    assert all(list(row.cells) == rows[row.line] for row in faulty)
    reasons = Counter(reason for row in faulty for reason in {fault[1] for fault in row.faults})
    assert report.reasons == reasons
    assert fetch("SELECT COUNT(*) FROM event") == [(report.events,)]
    assert fetch("SELECT COUNT(*) FROM follower") == [(report.followers_made,)]
    again = bring(path, mapping).report
    assert (again.taken, again.unchanged) == (0, report.taken + report.unchanged)
    assert (again.rejected, again.duplicates) == (report.rejected, report.duplicates)
    return result


def told(name):
    """openid -> value of an attribute, out of the log."""
    sql = "SELECT follower_id, facts FROM event WHERE kind = 'attribute'"
    rows = [(who, json.loads(facts)) for who, facts in fetch(sql)]
    names = followers.openids_of([who for who, _ in rows])
    return {names[who]: facts["value"] for who, facts in rows if facts["name"] == name}


def plain(value):
    return int(value) if float(value).is_integer() else round(float(value), 6)


def the_line(ages):
    """Interpolated by hand: between the nearest neighbours; at the ends the nearest."""
    filled = []
    for n, age in enumerate(ages):
        before = next((m for m in range(n, -1, -1) if ages[m] is not None), None)
        after = next((m for m in range(n, len(ages)) if ages[m] is not None), None)
        if age is not None or before is None or after is None:
            filled.append(age if age is not None else ages[before if after is None else after])
        else:
            share = (n - before) / (after - before)
            filled.append(plain(ages[before] + share * (ages[after] - ages[before])))
    return filled


def filled_by(word, ages):
    """What each age is to become; None: nothing, or the line is dropped."""
    known = [age for age in ages if age is not None]
    if word == "interpolate":
        return the_line(ages)
    fill = {
        "mean": lambda: plain(statistics.fmean(known)),
        "median": lambda: plain(statistics.median(known)),
        "mode": lambda: min(Counter(known).items(), key=lambda one: (-one[1], str(one[0])))[0],
        "constant": lambda: 33,
    }.get(word, lambda: None)()
    return [fill if age is None else age for age in ages]


@pytest.mark.parametrize(
    "missing", ["mean", "median", "mode", "interpolate", {"constant": 33}, "drop", "keep"], ids=str
)
def test_a_bank_s_customers_with_holes_and_dirt(store, tmp_path, missing):
    """400 real rows: every seventh age is missing in some way, every eleventh is out of range."""
    word = "constant" if isinstance(missing, dict) else missing
    rng, rows = random.Random(11), real(BANK, 400)
    ages, written = [], [["id", "age", "job"]]
    for n, row in enumerate(rows[1:]):
        if n % 7 == 0:
            age, cell = None, rng.choice(["", " ", "-", "无", "N/A", "不知道"])
        elif n % 11 == 0:
            age, cell = None, rng.choice(["-1", "131", "999"])
        else:
            age = int(row[1])
            full_width = str(age).translate({c: c + 0xFEE0 for c in range(0x30, 0x3A)})
            cell = rng.choice([str(age), f" {age}", full_width])
        ages.append(age)
        written.append([f"o-{row[0]}", cell, row[2]])
    column = {"to": "attribute", "name": "age", "type": "number", "range": [0, 120],
              "out_of_range": "blank", "invalid": "blank", "missing": missing}  # fmt: skip
    path = table(tmp_path / "bank.csv", written, "gb18030")
    result = check(path, {"columns": {"id": "openid", "age": column}})
    expected = {
        row[0]: age
        for row, age in zip(written[1:], filled_by(word, ages), strict=True)
        if age is not None
    }
    assert told("age") == expected
    holes, changes = ages.count(None), result.report.changes.get("age", Counter())
    dropped = holes if word == "drop" else 0
    assert changes[f"filled: {word}"] == (0 if word in ("drop", "keep") else holes)
    assert sums(result) == (400, 400 - dropped, 0, dropped, 0)


@pytest.mark.parametrize("action", ["keep", "clip", "reject", "blank"])
def test_a_bank_s_balances_far_from_the_others(store, tmp_path, action):
    rows = real(BANK, 400)
    place = rows[0].index("balance")
    balances = {f"o-{row[0]}": int(row[place]) for row in rows[1:]}
    low, high = np.percentile(list(balances.values()), (25, 75))
    fence = (low - 1.5 * (high - low), high + 1.5 * (high - low))
    column = {"to": "attribute", "name": "balance", "type": "number",
              "outliers": {"by": "iqr", "action": action}}  # fmt: skip
    path = table(tmp_path / "bank.csv", [["id", "balance"], *balances.items()])
    result = check(path, {"columns": {"id": "openid", "balance": column}})
    far = {who for who, value in balances.items() if not fence[0] <= value <= fence[1]}
    assert 10 < len(far) < 100
    treated = {
        who: value if who not in far or action == "keep" else round(float(np.clip(value, *fence)))
        for who, value in balances.items()
        if who not in far or action in ("keep", "clip")
    }
    assert told("balance") == treated
    assert result.report.rejected == (len(far) if action == "reject" else 0)


def test_a_household_s_baskets_with_twins(store, tmp_path):
    """600 real rows as orders, every fifth told twice, every ninth once more with another sum."""
    rows, written, expected = real(ITEMS, 600), [["openid", "no", "paid", "when"]], {}
    for n, (house, week, item, _, value) in enumerate(rows[1:]):
        number = f"{house}-{week}-{item}"
        line = [f"o-{house}", number, f"{float(value):.2f}", f"2026-01-{int(week) % 28 + 1:02}"]
        expected[number] = round(float(value) * 100)
        written += [line] * (2 if n % 5 == 0 else 1)
        if n % 9 == 0:
            written.append([*line[:2], "0.01", line[3]])
    columns = {"openid": "openid", "no": "order", "paid": "amount", "when": "at"}
    result = check(table(tmp_path / "o.csv", written), {"kind": "orders", "columns": columns})
    assert result.report.reasons == {"duplicate": len(written) - 601}
    paid = [json.loads(facts)["amount_fen"] for (facts,) in fetch("SELECT facts FROM event")]
    assert sorted(paid) == sorted(expected.values())


# --- interrupted -------------------------------------------------------------------------------


class Crash(BaseException):
    """The process ends here: nothing of ours catches it."""


@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
def test_killed_at_any_statement_nothing_is_twice_and_nothing_lost(
    any_store, tmp_path, monkeypatch, after
):
    """The first process dies at its first statement, the second at its second, and so on, until
    one comes to its end: no statement is left that none has died at."""
    monkeypatch.setattr(running, "BATCH", 4)
    rows = [[f"o-{n}", "北京", "x" if n % 4 == 0 else n] for n in range(11)]
    path = table(tmp_path / "a.csv", [["openid", "city", "age"], *rows, ["o-1", "上海", 99]])
    an_account()
    kills, ended = 0, False
    while not ended:
        with monkeypatch.context() as process:
            dying_at(process, kills + 1, after)
            try:
                bring(path)
                ended = True
            except Crash:
                kills += 1
        any_store.close()  # a process that dies leaves no connection behind
    assert kills > 20
    first = store_imports.runs(an_account())[-1]  # one that died after its end is repeated
    assert first.state == "done"
    counts = ("read", "taken", "unchanged", "rejected", "duplicates", "events", "adds_up")
    assert [first.report[name] for name in counts] == [12, 8, 0, 3, 1, 16, True]
    assert [row.line for row in import_rejects.rows(first.id)] == [2, 6, 10]
    events = fetch("SELECT follower_id, kind, facts FROM event")
    assert len(events) == len(set(events)) == 16


def dying_at(process, number, after):
    """The `number`th statement, commit or bulk call of this process is its last."""
    left = iter(range(number - 1, -1, -1))

    def dies(real):
        def statement(*args, **more):
            last = next(left, -1) == 0
            if last and not after:
                raise Crash
            done = real(*args, **more)
            if last:
                raise Crash
            return done

        return statement

    for name in ("execute_sql", "commit", "cursor"):
        process.setattr(database.obj, name, dies(getattr(database.obj, name)))


# --- however it is cut ---------------------------------------------------------------------------

CELLS = ["", "-", " 北京", "北京", "y", "咖啡、茶", "'=1+1"]
AGES = ["", "", "-", "10", " 40", "２６", "99", "300", "-5", "1.2万", "很老"]
NUMBER = st.fixed_dictionaries(
    {"to": st.just("attribute"), "name": st.just("n"), "type": st.just("number"),
     "missing": st.sampled_from(["keep", "drop", "mean", "mode", "interpolate"]),
     "invalid": st.sampled_from(["reject", "blank"]), "range": st.just([0, 100]),
     "out_of_range": st.sampled_from(["keep", "clip", "reject", "blank"]),
     "outliers": st.sampled_from([None, {"by": "z", "k": 1, "action": "reject"}])}
)  # fmt: skip
ROW = st.tuples(
    st.sampled_from([*(f"o-{n}" for n in range(12)), "坏", ""]), st.sampled_from(AGES),
    st.sampled_from(CELLS), st.sampled_from(["", "", "", "one too many"]),
)  # fmt: skip


@settings(max_examples=40)
@given(
    rows=st.lists(ROW, min_size=1, max_size=25),
    number=NUMBER,
    keep=st.sampled_from(["first", "last", "merge", "reject"]),
    cut=st.integers(1, 7),
)
def test_however_the_rows_are_cut_into_batches(tmp_path_factory, rows, number, keep, cut):
    path = tmp_path_factory.getbasetemp() / "cut.csv"
    table(path, [["o", "n", "t"], *([*row[:3], *filter(None, row[3:])] for row in rows)])
    mapping = {
        "columns": {"o": "openid", "n": number, "t": {"to": "topic", "invalid": "blank"}},
        "format": {"header": True},
        "duplicates": {"keep": keep},
    }
    whole = prepared(path, mapping)
    maker = Maker(parse(mapping), whole.cells, whole.source.fingerprint, 1)
    assert cleaned(whole, maker, 1000) == cleaned(whole, maker, cut)
    position = len(rows) // 2  # as one goes on that was interrupted there
    assert cleaned(whole, maker, cut, position) == cleaned(whole, maker, 1000)


def cleaned(whole, maker, size, position=0):
    """What comes out of all batches together."""
    items, faults, changes, twins = [], {}, Counter(), 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "BATCH", size)
        for batch in whole.batches(position):
            items += maker.items(batch)
            faults |= {batch.start + at: found for at, found in batch.faults.items()}
            twins += batch.twins
            for column, kinds in batch.changes.items():
                changes.update({(column, kind): times for kind, times in kinds.items()})
    assert len(items) + len(faults) + twins == whole.found.rows
    return items, faults, changes, twins
