"""What one sandbox plays: the account, the callback, the people, the faults."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from bot.errors import SettingsError

VARIABLE = "HONGYAN_SANDBOX_CONFIG"  # carries the config into the server's worker process
MODES = ("safe", "plain", "compatible")


@dataclass(frozen=True)
class Limits:
    """Times (seconds) and counts of the platform that tests shorten."""

    answer: float = 5.0  # the callback's whole answer must be there by then
    deliveries: int = 3  # of one push, in all
    retry_gap: float = 0.5  # after a refused connection; after a time-out the next try is at once
    mark_fail: int = 1000  # failed deliveries in a minute that make the platform stop pushing
    job_delay: float = 0.2  # from an accepted template or mass message to its job-finish event


@dataclass(frozen=True)
class SandboxConfig:
    """All of it. `seconds` None: the population acts without end.

    faults  {"api": [{"path", "times", "kind", "errcode", "seconds"}],
             "push": {"lose_answers": 0..1, "duplicate": 0..1},
             "template_failed": 0..1}
    """

    appid: str
    appsecret: str = field(repr=False)
    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    callback_url: str
    port: int = 8090
    host: str = "127.0.0.1"
    original_id: str = "gh_sandbox000001"
    mode: str = "safe"
    followers: int = 0
    seed: int = 1
    latency_ms: float = 0.0
    shop_url: str = ""
    shop_key: str = field(default="", repr=False)
    time_scale: float = 1.0
    seconds: float | None = None
    ledger_path: str = ""
    faults: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        """Raises SettingsError for a value that no account can have."""
        if self.mode not in MODES:
            raise SettingsError(f"sandbox mode: wants one of {', '.join(MODES)}")
        if not self.token or not self.appid or not self.appsecret:
            raise SettingsError("sandbox: appid, appsecret and token must not be empty")
        if len(self.aes_key) != 43 or not self.aes_key.isalnum():
            raise SettingsError("sandbox aes_key: wants 43 letters or digits")
        if self.followers < 0 or self.time_scale <= 0:
            raise SettingsError("sandbox: followers must not be negative, time_scale above 0")
        if self.seconds is not None and self.seconds <= 0:
            raise SettingsError("sandbox seconds: wants more than 0, or none for no end")

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> SandboxConfig:
        """The inverse of `to_json`. Raises SettingsError for a key that is none."""
        try:
            given = json.loads(text)
            limits = Limits(**given.pop("limits", {}))
            unknown = sorted(set(given) - {f.name for f in fields(cls)})
            if unknown:
                raise SettingsError(f"{VARIABLE}: there is no {', '.join(unknown)}")
            return cls(**given, limits=limits)
        except (ValueError, TypeError, AttributeError) as error:
            raise SettingsError(f"{VARIABLE}: wants the JSON of a config: {error}") from None

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> SandboxConfig:
        if VARIABLE not in env:
            raise SettingsError(f"{VARIABLE}: not set; start the sandbox with `hongyan sandbox`")
        return cls.from_json(env[VARIABLE])
