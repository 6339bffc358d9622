"""What one sandbox plays: the account, the callback, the people, the faults, the time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from bot.errors import SettingsError

VARIABLE = "HONGYAN_SANDBOX_CONFIG"  # carries the config into the server's worker process
MODES = ("safe", "plain", "compatible")
KINDS = ("service", "service_unverified", "subscription", "subscription_unverified", "test")


@dataclass(frozen=True)
class Limits:
    """Times (seconds) and counts of the platform that tests shorten."""

    answer: float = 5.0  # the callback's whole answer must be there by then
    deliveries: int = 3  # of one push, in all
    retry_gap: float = 0.5  # after a refused connection; after a time-out the next try is at once
    mark_fail: int = 1000  # failed deliveries in a minute that make the platform stop pushing
    job_delay: float = 0.2  # from an accepted template or mass message to its job-finish event
    kept: int = 200_000  # records of a kind that the ledger holds in memory


@dataclass(frozen=True)
class Switches:
    """What the platform's documents leave open (docs/explanation/sandbox.md, "Not confirmed").

    resign_retries     a retried push is signed and encrypted afresh; False: byte for byte the same
    windows_reset      a new act gives the larger allowance and the later end; False: its own only
    identical_mass     an identical mass message without clientmsgid meets 45065, as reported
    admin_confirms     "to all" waits for the admin's confirmation (control call), 30 minutes
    comments_granted   the account may use comments (留言), as most opened after 2018-03 may not
    voice_recognition  voice messages carry Recognition
    """

    resign_retries: bool = True
    windows_reset: bool = True
    identical_mass: bool = True
    admin_confirms: bool = False
    comments_granted: bool = True
    voice_recognition: bool = True


@dataclass(frozen=True)
class SandboxConfig:
    """All of it. `seconds` None: the population acts without end.

    kind       the account's kind (section "Account types" of the docs): who may call what
    ip_allow   addresses that may fetch tokens, () for all
    people     "story": a lively short play for a demo; "life": days and months, for virtual time
    start      "" the wall clock; an ISO instant with zone: time stands until it is run (virtual)
    clock_path a clock file that the program under test reads too (bot.clockfile), "" for none
    lockstep   seconds of virtual time after which a run waits for the reader's jobs, 0 for never
    faults     see bot.sandbox.faults
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
    kind: str = "service"
    ip_allow: tuple[str, ...] = ()
    followers: int = 0
    people: str = "story"
    seed: int = 1
    latency_ms: float = 0.0
    shop_url: str = ""
    shop_key: str = field(default="", repr=False)
    time_scale: float = 1.0
    seconds: float | None = None
    start: str = ""
    clock_path: str = ""
    lockstep: float = 0.0
    ledger_path: str = ""
    faults: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    switches: Switches = field(default_factory=Switches)

    def __post_init__(self) -> None:
        """Raises SettingsError for a value that no account can have."""
        if self.mode not in MODES:
            raise SettingsError(f"sandbox mode: wants one of {', '.join(MODES)}")
        if self.kind not in KINDS:
            raise SettingsError(f"sandbox kind: wants one of {', '.join(KINDS)}")
        if self.people not in ("story", "life"):
            raise SettingsError("sandbox people: wants story or life")
        if not self.token or not self.appid or not self.appsecret:
            raise SettingsError("sandbox: appid, appsecret and token must not be empty")
        if len(self.aes_key) != 43 or not self.aes_key.isalnum():
            raise SettingsError("sandbox aes_key: wants 43 letters or digits")
        if self.followers < 0 or self.time_scale <= 0:
            raise SettingsError("sandbox: followers must not be negative, time_scale above 0")
        if self.seconds is not None and self.seconds <= 0:
            raise SettingsError("sandbox seconds: wants more than 0, or none for no end")
        if self.lockstep < 0 or (self.lockstep and not (self.start and self.clock_path)):
            raise SettingsError("sandbox lockstep: wants a start and a clock file")
        self.start_at()

    @property
    def stepped(self) -> bool:
        """Time moves only when it is run."""
        return bool(self.start)

    def start_at(self) -> datetime | None:
        if not self.start:
            return None
        try:
            at = datetime.fromisoformat(self.start)
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            raise SettingsError(
                "sandbox start: wants an ISO time with zone: 2026-11-01T00:00+08:00"
            )
        return at

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> SandboxConfig:
        """The inverse of `to_json`. Raises SettingsError for a key that is none."""
        try:
            given = json.loads(text)
            limits = Limits(**given.pop("limits", {}))
            switches = Switches(**given.pop("switches", {}))
            given["ip_allow"] = tuple(given.get("ip_allow", ()))
            unknown = sorted(set(given) - {f.name for f in fields(cls)})
            if unknown:
                raise SettingsError(f"{VARIABLE}: there is no {', '.join(unknown)}")
            return cls(**given, limits=limits, switches=switches)
        except (ValueError, TypeError, AttributeError) as error:
            raise SettingsError(f"{VARIABLE}: wants the JSON of a config: {error}") from None

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> SandboxConfig:
        if VARIABLE not in env:
            raise SettingsError(f"{VARIABLE}: not set; start the sandbox with `hongyan sandbox`")
        return cls.from_json(env[VARIABLE])
