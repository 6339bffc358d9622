"""When a recurring campaign runs: cron, by the clock of a zone, over changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.campaign.document.recurrence import next_after

BERLIN = "Europe/Berlin"


def runs(cron: str, zone: str, after: datetime, count: int) -> list[str]:
    """Day, hour and minute in UTC of the next ones."""
    found = []
    for _ in range(count):
        at = next_after(cron, zone, after)
        if at is None:
            break
        found.append(f"{at:%m-%d %H:%M}")
        after = at
    return found


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        pytest.param("0 9 * * 1-5", "Asia/Shanghai", (2026, 11, 20, 12),
                     ["11-23 01:00", "11-24 01:00"], id="weekdays are counted from Sunday"),
        pytest.param("0 9 * * 0", "Asia/Shanghai", (2026, 11, 20, 12),
                     ["11-22 01:00", "11-29 01:00"], id="0 is Sunday"),
        pytest.param("0 9 * * 7", "Asia/Shanghai", (2026, 11, 20, 12),
                     ["11-22 01:00"], id="so is 7"),
        pytest.param("0 9 * * 0-1", "Asia/Shanghai", (2026, 11, 20, 12),
                     ["11-22 01:00", "11-23 01:00"], id="a span that begins on Sunday"),
        pytest.param("0 9 * * *", "Asia/Shanghai", (2026, 11, 20, 1),
                     ["11-21 01:00"], id="at 9:00 itself the next one is tomorrow's"),
        pytest.param("30 2 * * *", BERLIN, (2026, 3, 28, 12),
                     ["03-29 01:30", "03-30 00:30"], id="a skipped wall time comes an hour later"),
        pytest.param("30 2 * * *", BERLIN, (2026, 10, 24, 12),
                     ["10-25 00:30", "10-26 01:30"], id="a repeated wall time comes once"),
        pytest.param("0 * * * *", BERLIN, (2026, 10, 24, 23, 30),
                     ["10-25 00:00", "10-25 01:00", "10-25 02:00"], id="every hour is every hour"),
        pytest.param("0 9 31 2 *", BERLIN, (2026, 10, 24), [], id="a day that never comes"),
    ],
)  # fmt: skip
def test_the_next_runs(cron, zone, after, expected):
    assert runs(cron, zone, datetime(*after, tzinfo=UTC), max(1, len(expected))) == expected
