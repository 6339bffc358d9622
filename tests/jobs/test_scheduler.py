"""One active scheduler, each planned instant once, every run recorded."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from bot.errors import GatewayDown, RequestRejected
from bot.store import accounts, leases
from bot.store import jobs as runs
from bot.store.db import fetch, run
from jobs.each import each_account
from jobs.scheduler import Leader, run_job
from jobs.tasks import JOBS, Job
from tests.conftest import NOON
from tests.support.threads import together


class House:
    """All that the scheduler asks of the services: the time."""

    @staticmethod
    def clock():
        return NOON


def a_job(work, every=5.0):
    return Job("count", every, lambda services, dispatch, now: work(now))


def ended():
    return fetch("SELECT outcome, done, error FROM job_run ORDER BY id")


@pytest.mark.parametrize(
    ("work", "row"),
    [
        pytest.param(lambda now: 3, ("done", 3, ""), id="what it did"),
        pytest.param(lambda now: 0, ("idle", 0, ""), id="that there was nothing to do"),
        pytest.param(lambda now: 1 // 0, ("failed", 0, "ZeroDivisionError"), id="how it failed"),
    ],
)
def test_a_run_is_recorded_with(any_store, work, row):
    run_job(House, None, a_job(work), NOON, "me")
    [(outcome, done, error)] = ended()
    assert (outcome, done) == row[:2]
    assert error.startswith(row[2])


def test_sixteen_schedulers_run_an_instant_once(any_store):
    job = a_job(lambda now: 1)
    done = together(16, lambda n: run_job(House, None, job, NOON, f"o{n}"))
    assert [x for x in done if x is not None] == [1]
    assert len(ended()) == 1


def test_the_next_instant_runs_again(any_store):
    job = a_job(lambda now: 1, every=5)
    for seconds in (0, 2, 5, 6, 10):
        run_job(House, None, job, NOON + timedelta(seconds=seconds), "me")
    assert len(ended()) == 3


def test_old_runs_are_forgotten_idle_ones_first(any_store):
    run_job(House, None, a_job(lambda now: 0), NOON - timedelta(hours=2), "me")
    run_job(House, None, a_job(lambda now: 1), NOON - timedelta(hours=1), "me")
    run_job(House, None, a_job(lambda now: 1), NOON - timedelta(days=31), "me")
    assert runs.prune(NOON, idle=timedelta(hours=1), other=timedelta(days=30)) == 2
    assert [row[0] for row in ended()] == ["done"]


def test_the_last_run_of_each_job_can_be_asked_for(any_store):
    run_job(House, None, a_job(lambda now: 1), NOON, "me")
    run_job(House, None, a_job(lambda now: 0), NOON + timedelta(minutes=1), "me")
    [last] = runs.last_runs()
    assert (last.job, last.outcome) == ("count", "idle")


def test_every_job_has_its_own_name_and_pace():
    assert len({job.name for job in JOBS}) == len(JOBS)
    assert all(job.every > 0 for job in JOBS)


class TestLeader:
    @pytest.fixture
    def leader(self, store):
        made = []

        def make(work=lambda now: 0):
            made.append(Leader(House, None, (a_job(work, every=0.05),)))
            return made[-1]

        yield make
        for one in made:
            one.stop()

    @staticmethod
    def wait_for(condition):
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in 10 s"
            time.sleep(0.01)

    def test_the_holder_of_the_lease_runs_the_jobs(self, leader):
        ran = threading.Event()
        one = leader(lambda now: ran.set() or 1)
        one.start()
        assert ran.wait(10)
        assert leases.holder("scheduler") == one.owner

    def test_a_second_one_waits_and_takes_over(self, leader):
        first, second = leader(), leader()
        first.start()
        self.wait_for(lambda: first.leads)
        second.start()
        time.sleep(0.05)
        assert not second.leads
        first.stop()
        self.wait_for(lambda: second.leads)

    def test_who_lost_the_lease_runs_nothing_more(self, leader):
        one = leader()
        one.start()
        self.wait_for(lambda: one.leads)
        run("UPDATE lease SET owner = 'another', until = until + 60000")
        one._held_until = 0.0  # as after the lease's time
        before = len(ended())
        time.sleep(0.2)
        assert len(ended()) <= before + 1


def test_an_account_that_fails_is_named_and_keeps_no_other_from_its_turn(any_store):
    accounts.ensure_default("wx1", "service", NOON)
    for number, slug in enumerate(("tea", "cake"), 2):
        accounts.add(slug, f"wx{number}", "s" * 32, "token", "a" * 43, "service", NOON)
    ids = {slug: key for key, slug in accounts.slugs().items()}

    def warm(account):
        if account == ids["tea"]:
            raise RequestRejected(40013, "invalid appid\nrid: 12")
        return 1

    run_job(House, None, a_job(lambda now: each_account(warm)), NOON, "me")
    [(outcome, done, error)] = ended()
    assert (outcome, done) == ("failed", 2)
    [failure] = runs.failures(error)
    assert failure == ("tea", "RequestRejected", "40013: invalid appid rid: 12")
    assert failure.errcode == 40013


def test_a_refusal_deep_in_a_job_names_the_account_of_its_app(any_store):
    accounts.ensure_default("wx1", "service", NOON)
    accounts.add("tea", "wx2", "s" * 32, "token", "a" * 43, "service", NOON)

    def refuse(now):
        error = GatewayDown(None, "no connection to the platform")
        error.appid = "wx2"
        raise error

    run_job(House, None, a_job(refuse), NOON, "me")
    assert runs.failures(ended()[0][2]) == [("tea", "GatewayDown", "no connection to the platform")]


@pytest.mark.parametrize("error", ["", "RequestRejected: 1: x", "a line\nwithout a kind"])
def test_what_older_versions_kept_is_read_too(error):
    assert [one.account for one in runs.failures(error)] == [""] * len(error.splitlines())
