"""A clock that two programs read."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from bot.build import clock_of
from bot.clock import to_ms, utc_now
from bot.clockfile import ClockFile
from bot.errors import SettingsError
from bot.settings import Settings
from tests.conftest import NOON

LOCAL = {"HONGYAN_WECHAT_API_URL": "http://127.0.0.1:8090"}


def test_a_standing_clock_is_what_it_was_set_to(tmp_path):
    ours = ClockFile.create(tmp_path / "clock", to_ms(NOON), flowing=False)
    theirs = ClockFile(tmp_path / "clock")
    assert theirs() == NOON
    ours.move(to_ms(NOON + timedelta(days=3)))
    assert theirs() == NOON + timedelta(days=3)


def test_a_flowing_clock_is_the_systems_moved_ahead(tmp_path):
    ours = ClockFile.create(tmp_path / "clock", 0, flowing=True)
    theirs = ClockFile(tmp_path / "clock")
    before = utc_now()
    assert theirs() >= before - timedelta(milliseconds=1)
    ours.move(48 * 3_600_000)
    assert theirs() - before >= timedelta(hours=48) - timedelta(milliseconds=1)


def test_the_reader_says_how_far_it_is(tmp_path):
    ours = ClockFile.create(tmp_path / "clock", to_ms(NOON), flowing=False)
    assert ours.seen < NOON
    ClockFile(tmp_path / "clock").see(NOON)
    assert ours.seen == NOON


def test_another_process_reads_it(tmp_path):
    ClockFile.create(tmp_path / "clock", to_ms(NOON), flowing=False)
    program = (
        "import sys; from pathlib import Path; from bot.clockfile import ClockFile;"
        "print(ClockFile(Path(sys.argv[1]))().isoformat())"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "clock")],
        capture_output=True,
        check=True,
        text=True,
    )
    assert told.stdout.strip() == NOON.isoformat()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="no file"),
        pytest.param(b"", id="an empty one"),
        pytest.param(b"x" * 32, id="somebody else's"),
    ],
)
def test_what_is_no_clock_is_refused(tmp_path, content):
    path = tmp_path / "clock"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match="clock file"):
        ClockFile(path)


def test_the_product_reads_the_clock_that_its_setting_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ClockFile.create(tmp_path / "clock", to_ms(NOON), flowing=False)
    settings = Settings.from_env({**LOCAL, "HONGYAN_CLOCK": str(tmp_path / "clock")})
    assert clock_of(settings)() == NOON
    assert abs(clock_of(Settings.from_env(LOCAL))() - utc_now()) < timedelta(minutes=1)


def test_a_movable_clock_is_refused_beside_the_real_platform(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="HONGYAN_CLOCK"):
        Settings.from_env({"HONGYAN_CLOCK": "clock"})
