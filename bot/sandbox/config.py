"""What one sandbox plays: the account, the callback, the people, the faults, the time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from bot.errors import SettingsError
from bot.sandbox.crowd.habits import Habits
from bot.sandbox.faults import check as check_faults

VARIABLE = "HONGYAN_SANDBOX_CONFIG"  # carries the config into the server's worker process
MODES = ("safe", "plain", "compatible")
KINDS = ("service", "service_unverified", "subscription", "subscription_unverified", "test")

ON_OFF = {"on": True, "off": False}
MOST = 1_000_000_000  # of a limit or switch that is a number: more is no number but a mistake
CERTIFICATES = ("good", "expired", "self-signed", "wrong-host")
CHOICES: dict[str, tuple[Any, ...]] = {  # of the switches that are neither on/off nor a count
    "conditional_open": ("open", "closed", "unsupported"),
    "allow_list_code": (40164, 61004),
    "wrong_secret_code": (40125, 40001),
}
LEAST = {"answer": 0.001, "deliveries": 1, "text_bytes": 1, "reply_articles": 1, "quota_growth": 1}


def _worded(kind: type[Any], what: str, words: Iterable[str]) -> dict[str, Any]:
    """Fields of a dataclass from words NAME=VALUE. Raises SettingsError."""
    types = {name: type(value) for name, value in asdict(kind()).items()}
    found: dict[str, Any] = {}
    for word in words:
        name, _, value = word.partition("=")
        if name not in types:
            raise SettingsError(f"{what}: there is no {name}")
        try:
            found[name] = ON_OFF[value] if types[name] is bool else types[name](value)
        except (KeyError, ValueError):
            wanted = "on or off" if types[name] is bool else types[name].__name__
            raise SettingsError(f"{what} {name}: wants {wanted}") from None
    return found


def _check(part: Limits | Switches, what: str) -> None:
    """Raises SettingsError for a value of another type, or that no platform can have."""
    for one in fields(part):
        value, usual = getattr(part, one.name), type(one.default)
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not (type(value) is usual or (usual is float and whole)):
            raise SettingsError(f"{what} {one.name}: wants {usual.__name__}")
        if usual in (int, float) and not LEAST.get(one.name, 0) <= value <= MOST:
            raise SettingsError(f"{what} {one.name}: wants {LEAST.get(one.name, 0)} or more")
        if one.name in CHOICES and value not in CHOICES[one.name]:
            wanted = ", ".join(map(str, CHOICES[one.name]))
            raise SettingsError(f"{what} {one.name}: wants one of {wanted}")


@dataclass(frozen=True)
class Limits:
    """Times (seconds) and counts of the platform that tests shorten."""

    answer: float = 5.0  # the callback's whole answer must be there by then
    deliveries: int = 3  # of one push, in all
    retry_gap: float = 0.5  # after a refused connection; after a time-out the next try is at once
    mark_fail: int = 1000  # failed deliveries in a minute that make the platform stop pushing
    job_delay: float = 0.2  # from an accepted template or mass message to its job-finish event
    kept: int = 200_000  # records of a kind that the ledger holds in memory

    def __post_init__(self) -> None:
        _check(self, "limit")

    @classmethod
    def of(cls, words: Iterable[str]) -> Limits:
        """From words such as `answer=1.5`, `deliveries=1`. Raises SettingsError."""
        return cls(**_worded(cls, "limit", words))


@dataclass(frozen=True)
class Switches:
    """What the platform's documents leave open (docs/explanation/sandbox.md, "Not confirmed").

    resign_retries     a retried push is signed and encrypted afresh; False: byte for byte the same
    windows_reset      a new act gives the larger allowance and the later end; False: its own only
    kf_upgraded        agents' calls refuse with the new 客服功能's 654xx; False: the old 614xx
    identical_mass     an identical mass message without clientmsgid meets 45065, as reported
    admin_confirms     "to all" waits for the admin's confirmation (control call), 30 minutes
    comments_granted   the account may use comments (留言), as most opened after 2018-03 may not
    voice_recognition  voice messages carry Recognition
    sent_drafts_leave  a draft that was sent or published is no more in the box: its media_id ends
    trim_success       a byte order mark or white space around `success` is forgiven
    reply_media        a passive reply with media that the platform does not have is a fault
    retry_status       a push answered with another status than 200 is delivered again
    blacklisted_events what blacklisted followers do is pushed, only what they say is not
    mark_fail_notice   pushes lost in the pause of MarkFail show the notice on the phone
    quota_growth       a daily limit rises by this factor at 100k, 1M and 10M followers
    unknown_ip_asks    without ip_allow a token call meets 89503 until the admin has confirmed its
                       address
    conditional_menus  how many there may be (65305); none published
    conditional_open   "open", "closed" (65309) or "unsupported" (65306)
    old_article_reports  the article statistics of before 2025 still answer; False: 47009, as
                       reported since 2026
    change_as_popup    subscribe_msg_change_event is wrapped as a pop-up event, as once documented
    strict_state       the state of a web authorisation takes letters and digits only, as documented
    allow_list_code    for an address off the allow-list: 40164, or 61004 as one guide says
    wrong_secret_code  for a wrong appsecret: 40125, or 40001, whose meaning includes it
    text_bytes         of a passive or customer-service text, UTF-8; more is a fault, or 45002
    reply_articles     in a passive answer to a message; to an event there may be 8
    client_id_hours    for which the platform remembers a clientmsgid (45065)
    preview_a_day      calls of mass/preview that a day allows
    """

    resign_retries: bool = True
    windows_reset: bool = True
    kf_upgraded: bool = True
    identical_mass: bool = True
    admin_confirms: bool = False
    comments_granted: bool = True
    voice_recognition: bool = True
    sent_drafts_leave: bool = True
    trim_success: bool = False
    reply_media: bool = True
    retry_status: bool = True
    blacklisted_events: bool = True
    mark_fail_notice: bool = False
    quota_growth: int = 10
    unknown_ip_asks: bool = False
    conditional_menus: int = 50
    conditional_open: str = "open"
    old_article_reports: bool = True
    change_as_popup: bool = False
    strict_state: bool = True
    allow_list_code: int = 40164
    wrong_secret_code: int = 40125
    text_bytes: int = 2048
    reply_articles: int = 1
    client_id_hours: int = 24
    preview_a_day: int = 100

    def __post_init__(self) -> None:
        _check(self, "switch")

    @classmethod
    def of(cls, words: Iterable[str]) -> Switches:
        """From words such as `admin_confirms=on`, `quota_growth=1`. Raises SettingsError."""
        return cls(**_worded(cls, "switch", words))


def _texts(given: object, name: str) -> tuple[str, ...]:
    if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
        raise SettingsError(f"sandbox {name}: wants a list of texts")
    return tuple(given)


@dataclass(frozen=True)
class SandboxConfig:
    """All of it. `seconds` None: the population acts without end.

    kind       the account's kind (section "Account types" of the docs): who may call what
    ip_allow   addresses that may fetch tokens, () for all
    trusted_hosts  names (Host header) beside localhost under which the control plane answers
    people     "story": a lively short play for a demo; "life": days and months, for virtual time
    habits     of people who live: see bot.sandbox.crowd.habits
    start      "" the wall clock; an ISO instant with zone: time stands until it is run (virtual)
    clock_path a clock file that the program under test reads too (bot.clockfile), "" for none
    lockstep   seconds of virtual time after which a run waits for the reader's jobs, 0 for never
    tls_port   a second port on which the API answers by TLS, 0 for none
    certificate what that port shows: good, or why a client must refuse it
    ca_path    a file that is to receive the certificate of its authority, "" for none
    faults     see bot.sandbox.faults, docs/reference/sandbox-faults.md
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
    trusted_hosts: tuple[str, ...] = ()
    followers: int = 0
    people: str = "story"
    habits: Mapping[str, Any] = field(default_factory=dict)
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
    tls_port: int = 0
    certificate: str = "good"
    ca_path: str = ""
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
        if self.certificate not in CERTIFICATES:
            raise SettingsError(f"sandbox certificate: wants one of {', '.join(CERTIFICATES)}")
        try:
            check_faults(self.faults)
        except ValueError as error:
            raise SettingsError(f"sandbox faults: {error}") from None
        for name in ("ip_allow", "trusted_hosts"):
            object.__setattr__(self, name, _texts(getattr(self, name), name))
        self.start_at()
        Habits.of(self.habits)

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
