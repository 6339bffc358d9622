"""What one demo is: how many people, how long, where, and the settings that its processes get."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bot.settings import PREFIX, SETTINGS

# Shares of a demo's time, for --seconds; a demo without end is paced as if it had this many.
ENDLESS_PACE_SECONDS = 90.0
CAMPAIGN_AT = 0.40
PEOPLE_STOP_AT = 0.86


@dataclass(frozen=True)
class DemoPlan:
    """`seconds` None: until Ctrl-C. `folder` holds the database and logs, made afresh."""

    followers: int
    seconds: float | None
    port: int
    sandbox_port: int
    seed: int
    folder: Path
    password: str = field(default_factory=lambda: secrets.token_urlsafe(9))  # of the console

    @property
    def pace(self) -> float:
        return self.seconds or ENDLESS_PACE_SECONDS

    @property
    def campaign_at(self) -> float:
        """Seconds from the start."""
        return self.pace * CAMPAIGN_AT

    @property
    def people_stop_at(self) -> float | None:
        return self.seconds * PEOPLE_STOP_AT if self.seconds else None

    @property
    def attribution(self) -> timedelta:
        """From a campaign's start; it ends after the people have stopped."""
        return timedelta(seconds=self.pace)

    @property
    def bot_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    def environment(self, base: Mapping[str, str] = os.environ) -> dict[str, str]:
        """The environment of the demo's processes: nobody's real settings leak in, neither from
        the environment nor from the folder's `.env`, which the environment outdoes."""
        clean = {name: value for name, value in base.items() if not name.startswith(PREFIX)}
        ours = {setting.name: setting.default for setting in SETTINGS} | {
            "DATABASE_URL": f"sqlite:///{self.folder.resolve()}/hongyan.db",
            "WECHAT_API_URL": self.sandbox_url,
            "PUBLIC_URL": self.bot_url,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "VAR": str(self.folder.resolve()),
            "LOG_LEVEL": "info",
        }
        return {**clean, **{PREFIX + name: value for name, value in ours.items()}}
