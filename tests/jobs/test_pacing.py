"""Jobs on virtual time: in lock-step with the clock that a sandbox moves."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from bot.clock import to_ms
from bot.clockfile import ClockFile
from bot.sandbox.clock import SteppedClock
from bot.sandbox.stepper import Stepper
from jobs.pacing import VirtualPace
from jobs.scheduler import Leader
from jobs.tasks import Job
from tests.conftest import NOON


@pytest.fixture
def clock(tmp_path):
    return ClockFile.create(tmp_path / "clock", to_ms(NOON), flowing=False)


@pytest.fixture
def stepper(clock):
    return Stepper(SteppedClock(NOON, clock), clock, lockstep=60, patience=20)


def a_job(name, every):
    return Job(name, every, lambda services, dispatch, now: 1)


@pytest.fixture
def paced(clock):
    """What ran, at which instant."""
    ran = []
    pace = VirtualPace(
        clock,
        (a_job("each minute", 60), a_job("each hour", 3600)),
        lambda job: ran.append((job.name, clock())),
    )
    pace.start()
    yield ran
    pace.shutdown()


def test_a_day_in_steps_of_a_minute_runs_every_instant(stepper, paced):
    stepper.run(NOON + timedelta(days=1))
    assert stepper.missed == 0
    names = [name for name, _ in paced]
    # The instant at which the clock is met counts too.
    assert names.count("each minute") == 24 * 60 + 1
    assert names.count("each hour") == 24 + 1


def test_the_run_waits_until_the_jobs_of_each_step_are_done(stepper, paced):
    stepper.run(NOON + timedelta(minutes=10))
    assert paced[-1] == ("each minute", NOON + timedelta(minutes=10))


def test_who_does_not_follow_is_not_waited_for_for_ever(clock):
    alone = Stepper(SteppedClock(NOON, clock), clock, lockstep=60, patience=0.01)
    alone.run(NOON + timedelta(minutes=3))
    assert alone.missed == 3
    assert alone.clock() == NOON + timedelta(minutes=3)


def test_the_leader_keeps_virtual_time_where_its_clock_is_one(store, clock, stepper):
    instants = []
    first = threading.Event()

    def work(services, dispatch, now):
        instants.append(now)
        first.set()
        return 1

    class House:
        pass

    House.clock = clock
    leader = Leader(House, None, (Job("count", 60, work),))
    leader.start()
    try:
        assert first.wait(20)
        stepper.run(NOON + timedelta(minutes=5))
    finally:
        leader.stop()
    assert instants == [NOON + timedelta(minutes=n) for n in range(6)]
