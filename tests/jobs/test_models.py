"""The night's work on models is a job, and settings say what of it is done."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from bot.store import accounts
from jobs.tasks import JOBS
from tests.conftest import NOON

NIGHT = NOON + timedelta(hours=14)  # 2:00 in Shanghai


@pytest.mark.parametrize(
    ("models", "at", "tried"),
    [
        ((), NIGHT, []),
        (("redeem",), NOON, []),
        (("redeem",), NIGHT, ["redeem"]),
        (("buy", "churn"), NIGHT, ["buy", "churn"]),
    ],
    ids=["nothing is wanted", "by day", "by night", "several"],
)
def test_what_is_wanted_is_tried_at_night(store, caplog, models, at, tried):
    """With nothing to learn from each says so, and the night goes on."""
    accounts.ensure_default("wxdevelopment0000", "service", NOON)
    work = next(job.work for job in JOBS if job.name == "models")
    settings = SimpleNamespace(models=models, retrain_days=7)
    with caplog.at_level("INFO"):
        assert work(SimpleNamespace(settings=settings), None, at) == 0
    said = [one.getMessage() for one in caplog.records if "not taught" in one.getMessage()]
    assert [line.split("slug=")[1].split()[0] for line in said] == tried
