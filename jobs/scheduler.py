"""One active scheduler, however many processes could be it.

Every process that may schedule runs a Leader: a thread that tries for the lease. The holder runs
APScheduler; who loses the lease stops it. A job's run is one row per planned instant, so that even
in the moments around a take-over no instant runs twice.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.background import closing
from bot.clockfile import ClockFile
from bot.errors import GatewayError, HongyanError
from bot.inbox.context import Dispatch
from bot.services import Services
from bot.store import accounts, jobs, leases
from bot.store.db import available
from bot.store.jobs import Failure
from jobs.each import SomeFailed
from jobs.pacing import VirtualPace
from jobs.tasks import JOBS, Job

logger = logging.getLogger(__name__)
LEASE_MS = 6000
RENEW_SECONDS = 2.0


class Leader:
    """Candidate for the one scheduler. `start` returns at once, `stop` gives the lease back."""

    def __init__(
        self, services: Services, dispatch: Dispatch, tasks: tuple[Job, ...] = JOBS
    ) -> None:
        self.services = services
        self.dispatch = dispatch
        self.tasks = tasks
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"[:64]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._stand, name="leader", daemon=True)
        self._scheduler: BackgroundScheduler | VirtualPace | None = None
        self._held_until = 0.0

    @property
    def leads(self) -> bool:
        """The lease was ours a moment ago and has not run out since."""
        return time.monotonic() < self._held_until

    def start(self) -> None:
        closing.clear()
        self._thread.start()

    def stop(self) -> None:
        """Stop scheduling, wait for running jobs, and let another take over at once."""
        self._stopping.set()
        closing.set()  # a task of hours goes back: nobody waits for its end
        self._thread.join(timeout=RENEW_SECONDS * 2)
        self._step_down(wait=True)
        leases.release("scheduler", self.owner)

    def _stand(self) -> None:
        while not self._stopping.is_set():
            asked = time.monotonic()
            if self._acquired():
                self._held_until = asked + LEASE_MS / 1000
                if self._scheduler is None:
                    self._step_up()
            elif not self.leads:
                self._step_down(wait=False)
            self._stopping.wait(RENEW_SECONDS)

    def _acquired(self) -> bool:
        try:
            with available():
                return leases.acquire("scheduler", self.owner, LEASE_MS) is not None
        except Exception:
            logger.exception("the scheduler's lease could not be asked for")
            return False

    def _step_up(self) -> None:
        clock = self.services.clock
        if isinstance(clock, ClockFile) and not clock.flowing:
            self._scheduler = VirtualPace(clock, self.tasks, self._run)
        else:
            self._scheduler = self._by_the_clock()
        self._scheduler.start()
        logger.info("scheduling owner=%s", self.owner)

    def _by_the_clock(self) -> BackgroundScheduler:
        scheduler = BackgroundScheduler(timezone=UTC)
        for job in self.tasks:
            # APScheduler drops a job that is 1 s late unless told that late is better than never.
            scheduler.add_job(
                self._run,
                IntervalTrigger(seconds=job.every, timezone=UTC),
                args=(job,),
                id=job.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
                next_run_time=datetime.now(UTC),
            )
        return scheduler

    def _step_down(self, *, wait: bool) -> None:
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=wait)
            self._scheduler = None
            logger.info("no longer scheduling owner=%s", self.owner)

    def _run(self, job: Job) -> None:
        """One planned instant of a job."""
        if self.leads:
            run_job(self.services, self.dispatch, job, self.services.clock(), self.owner)


def run_job(
    services: Services, dispatch: Dispatch, job: Job, now: datetime, owner: str
) -> int | None:
    """Run a job for its present instant and record how it ended; None when it ran already."""
    slot = datetime.fromtimestamp(now.timestamp() // job.every * job.every, UTC)
    try:
        with available():
            run_id = jobs.begin(job.name, slot, now, owner)
            if run_id is None:
                return None
            done, error = _attempt(services, dispatch, job, now)
            jobs.end(run_id, services.clock(), done, error)
        return done
    except Exception:
        logger.exception("job=%s could not be recorded", job.name)
        return None


def _attempt(services: Services, dispatch: Dispatch, job: Job, now: datetime) -> tuple[int, str]:
    try:
        return job.work(services, dispatch, now), ""
    except SomeFailed as some:
        for slug, error in some.failed.items():
            logger.warning("job=%s account=%s failed: %s", job.name, slug, error)
        return some.done, jobs.written(_failure(error, of) for of, error in some.failed.items())
    except HongyanError as error:
        logger.warning("job=%s failed: %s", job.name, error)
        return 0, jobs.written([_failure(error, _slug(error))])
    except Exception as error:
        logger.exception("job=%s failed", job.name)
        return 0, jobs.written([_failure(error)])


def _failure(error: Exception, of: str = "") -> Failure:
    return Failure(of, type(error).__name__, str(error))


def _slug(error: HongyanError) -> str:
    """Of the account that the platform refused; "" where it was no account's call."""
    if not isinstance(error, GatewayError) or not error.appid:
        return ""
    return accounts.slug_of_app(error.appid)
