"""Settings: environment over `.env` over `hongyan.toml` over defaults; read once, then frozen.

Each setting is one row of SETTINGS with its meaning, shape and remedy; docs/reference/settings.md
is held equal to it by a test. A refusal names the setting and the shape of the value, never the
value: it may be a secret.
"""

from __future__ import annotations

import contextlib
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.errors import SettingsError

PREFIX = "HONGYAN_"
WECHAT_API_URL = "https://api.weixin.qq.com"

# The documented development account: the sandbox and `hongyan serve` both play it where no APPID
# is set and the API is local. Not a secret: it opens nothing but a sandbox on this machine.
DEVELOPMENT = {
    "APPID": "wxdevelopment0000",
    "APPSECRET": "development-secret-of-the-sandbox",
    "TOKEN": "development-token",
    "AES_KEY": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
}


@dataclass(frozen=True)
class Setting:
    """One documented setting."""

    name: str
    meaning: str
    default: str
    read: Callable[[str], Any]
    remedy: str
    secret: bool = False


def _text(value: str) -> str:
    return value


def _matching(pattern: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def read(value: str) -> str:
        if value and not compiled.fullmatch(value):
            raise ValueError
        return value

    return read


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        number = int(value)
        if not low <= number <= high:
            raise ValueError
        return number

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.lower() not in words:
            raise ValueError
        return value.lower()

    return read


def _names(*words: str) -> Callable[[str], tuple[str, ...]]:
    """Some of these words, each once; `off` alone is none of them."""

    def read(value: str) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(_keys(value.lower())))
        if not set(found) <= set(words) and found != ("off",):
            raise ValueError
        return () if found == ("off",) else found

    return read


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError
    return value.rstrip("/")


def _keys(value: str) -> tuple[str, ...]:
    return tuple(key.strip() for key in value.split(",") if key.strip())


def _origins(value: str) -> tuple[str, ...]:
    found = _keys(value.lower())
    for one in found:
        parts = urlsplit(one)
        if parts.scheme not in ("http", "https") or one != f"{parts.scheme}://{parts.netloc}":
            raise ValueError
        if not parts.hostname or "@" in parts.netloc or (parts.port or 1) < 1:
            raise ValueError
    return found


# Those that bot.store.predictions names PURPOSES; a test holds them together.
_MODELS = (
    "redeem", "answer", "buy", "churn", "uplift", "next_order", "clusters", "hours", "fatigue",
    "recommend",
)  # fmt: skip
_KEPT = r"[a-z0-9._*]+ *[=:] *([3-9]\d|[1-9]\d{2,4})"  # KIND=DAYS, 30 days at least

_MAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*"

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "DATABASE_URL",
        "where the data is",
        "sqlite:///var/hongyan.db",
        _matching(r"(sqlite|postgres|postgresql|mysql)(\+\w+)?://.*"),
        "sqlite:///FILE, postgresql://USER:PASSWORD@HOST/NAME or mysql://...",
        secret=True,
    ),
    Setting(
        "REDIS_URL",
        "shared state in Redis; not used yet: the database serves",
        "",
        _matching(r"(redis|rediss|unix)://.+"),
        "redis://HOST:6379/0",
        secret=True,
    ),
    Setting(
        "BROKER_URL",
        "the task engine's broker; not used yet: the scheduler works",
        "",
        _matching(r"(redis|rediss|amqp|amqps)://.+"),
        "redis://HOST:6379/1",
        secret=True,
    ),
    Setting(
        "SECRET_KEYS",
        "keys of encryption at rest, comma separated: the first seals, all open"
        " (none: made and kept in var/secret_keys)",
        "",
        _keys,
        "one or more keys of 43 characters; make one with: hongyan db new-key",
        secret=True,
    ),
    Setting(
        "PUBLIC_URL",
        "the address that followers and WeChat reach",
        "",
        _http_url,
        "https://bot.example.com",
    ),
    Setting("HOST", "the address to listen on", "127.0.0.1", _text, "127.0.0.1, or 0.0.0.0"),
    Setting("PORT", "the port to listen on", "8000", _whole(1, 65535), "a number 1..65535"),
    Setting(
        "LOG_LEVEL",
        "least level to log",
        "info",
        _one_of("debug", "info", "warning", "error"),
        "debug, info, warning or error",
    ),
    Setting("LOG_FORMAT", "how log lines look", "text", _one_of("text", "json"), "text or json"),
    Setting(
        "WECHAT_API_URL",
        "the platform's API, or a sandbox's",
        WECHAT_API_URL,
        _http_url,
        "https://api.weixin.qq.com, or http://127.0.0.1:8090 for a sandbox",
    ),
    Setting(
        "APPID",
        "AppID of the account `default`",
        "",
        _matching(r"wx[0-9A-Za-z]{14,30}"),
        "wx and 16 letters or digits, from the developer platform",
    ),
    Setting(
        "APPSECRET",
        "AppSecret of the account `default`",
        "",
        _matching(r"\S{16,64}"),
        "the 32 characters shown once by the developer platform",
        secret=True,
    ),
    Setting(
        "TOKEN",
        "callback token of the account `default`",
        "",
        _matching(r"[0-9A-Za-z_-]{3,32}"),
        "3..32 letters, digits, - or _, as typed on the platform's page",
        secret=True,
    ),
    Setting(
        "AES_KEY",
        "EncodingAESKey of the account `default`; current,previous during a change",
        "",
        _matching(r"[0-9A-Za-z]{43}(,[0-9A-Za-z]{43})?"),
        "43 letters or digits, as shown on the platform's page",
        secret=True,
    ),
    Setting(
        "ACCOUNT_KIND",
        "what the account `default` is",
        "service",
        _one_of("service", "subscription", "test"),
        "service, subscription or test",
    ),
    Setting(
        "CALLBACK_MODE",
        "least protection of callbacks that is accepted",
        "safe",
        _one_of("safe", "plain"),
        "safe (encrypted bodies only, recommended) or plain (also unencrypted ones)",
    ),
    Setting(
        "SCHEDULER",
        "whether a web process may be the scheduler (one at a time is)",
        "on",
        _one_of("on", "off"),
        "on or off",
    ),
    Setting("VAR", "the folder of files that the program makes itself", "var", _text, "var"),
    Setting(
        "DURABILITY",
        "what a stored callback outlives",
        "process",
        _one_of("process", "power"),
        "process (a crash of ours) or power (a power cut too: one fsync a commit)",
    ),
    Setting(
        "RETENTION",
        "how many days events are kept, by kind (none: for as long as the follower is known)",
        "",
        _matching(rf"{_KEPT}( *, *{_KEPT})*"),
        "message.*=180, click=365, waiting=365; 30 days at least",
    ),
    Setting(
        "MODELS",
        "what is learnt and scored by itself every night, comma separated (none: nothing)",
        ",".join(_MODELS),
        _names(*_MODELS),
        f"some of {', '.join(_MODELS)}; off for nothing",
    ),
    Setting(
        "RETRAIN_DAYS",
        "after how many days a model is taught anew, and swapped if better (0: never)",
        "7",
        _whole(0, 365),
        "a number 0..365",
    ),
    Setting(
        "COLLECT_ORIGINS",
        "sites of yours whose pages may report visitors, comma separated (none: nobody may)",
        "",
        _origins,
        "https://shop.example.com, https://www.example.com; no path",
    ),
    Setting(
        "WEBHOOK_HOSTS",
        "hosts of your own network that journeys may call, also by http, comma separated"
        " (none: only public addresses, by https)",
        "",
        _keys,
        "crm.internal, 10.0.0.5",
    ),
    Setting(
        "SMTP_URL",
        "the mail server that takes the weekly digest (none: it is not mailed)",
        "",
        _matching(r"smtps?://([^\s:@/]+(:[^\s@/]*)?@)?[A-Za-z0-9.-]+(:[1-9]\d{0,4})?"),
        "smtp://USER:PASSWORD@HOST:587 (STARTTLS) or smtps://USER:PASSWORD@HOST:465",
        secret=True,
    ),
    Setting(
        "REPORT_TO",
        "who gets the weekly digest by mail, comma separated",
        "",
        _matching(rf"{_MAIL}( *, *{_MAIL})*"),
        "boss@shop.example.com, marketing@shop.example.com",
    ),
    Setting(
        "PAY_CONFIG",
        "the TOML file of a WeChat Pay merchant, for coupons in the wallet (none: there are none)",
        "",
        _text,
        "the path of a file with mchid, serial_no, private_key, apiv3_key, platform_serial_no and"
        " platform_key",
    ),
    Setting(
        "CLOCK",
        "a sandbox's clock file: its time instead of this machine's (needs a local WECHAT_API_URL)",
        "",
        _text,
        "the path given to hongyan sandbox --clock",
    ),
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True)
class Settings:
    """All settings, read and checked. Secrets stay out of repr."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    broker_url: str = field(repr=False)
    secret_keys: tuple[str, ...] = field(repr=False)
    public_url: str
    host: str
    port: int
    log_level: str
    log_format: str
    wechat_api_url: str
    appid: str
    appsecret: str = field(repr=False)
    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    account_kind: str
    callback_mode: str
    scheduler: str
    var: str
    durability: str
    retention: str
    models: tuple[str, ...]
    retrain_days: int
    collect_origins: tuple[str, ...]
    webhook_hosts: tuple[str, ...]
    smtp_url: str = field(repr=False)
    report_to: str
    pay_config: str
    clock: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Settings of this process, from `env` and the files of the working folder.

        Raises SettingsError for every bad value at once, one line each, and for an HONGYAN_ name
        that is no setting: a typing mistake must not become a silent default.
        """
        given = {**_from_toml(Path("hongyan.toml")), **_from_dotenv(Path(".env")), **_ours(env)}
        unknown = sorted(set(given) - set(_BY_NAME))
        problems = [f"{PREFIX}{name}: there is no such setting" for name in unknown]
        values: dict[str, Any] = {}
        for setting in SETTINGS:
            text = given.get(setting.name, setting.default).strip()
            try:
                values[setting.name.lower()] = setting.read(text)
            except ValueError:
                problems.append(
                    f"{PREFIX}{setting.name}: wants {setting.remedy}; has {_shape(text)}"
                )
        if values.get("clock") and not _is_local(values.get("wechat_api_url", "")):
            # A clock that a test moves has no business beside the real platform.
            problems.append(f"{PREFIX}CLOCK: wants a local {PREFIX}WECHAT_API_URL, a sandbox's")
        if problems:
            raise SettingsError("\n".join(problems))
        if not values["appid"] and _is_local(values["wechat_api_url"]):
            blank = {name: value for name, value in DEVELOPMENT.items() if not given.get(name)}
            values |= {name.lower(): value for name, value in blank.items()}
        return cls(**values)

    @property
    def sandboxed(self) -> bool:
        """The API is a local double, not the platform."""
        return _is_local(self.wechat_api_url)

    @property
    def public(self) -> str:
        """PUBLIC_URL, or this process's own address where none is set."""
        return self.public_url or f"http://{self.host}:{self.port}"

    def secrets(self) -> tuple[str, ...]:
        """Every secret text in force, for the log filter that blanks them."""
        found = [getattr(self, s.name.lower()) for s in SETTINGS if s.secret]
        flat = [x for value in found for x in (value if isinstance(value, tuple) else [value])]
        return tuple(text for text in flat if len(text) >= 8 and not text.startswith("sqlite"))


def _is_local(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


def _shape(text: str) -> str:
    """What may be said of a refused value: its length and the kinds of characters in it."""
    kinds = [
        name
        for name, pattern in (
            ("letters", r"[A-Za-z]"),
            ("digits", r"[0-9]"),
            ("spaces", r"\s"),
            ("other characters", r"[^A-Za-z0-9\s]"),
        )
        if re.search(pattern, text)
    ]
    return f"{len(text)} characters ({', '.join(kinds)})" if text else "nothing"


def _ours(env: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(PREFIX): value for name, value in env.items() if name.startswith(PREFIX)
    }


def _from_dotenv(path: Path) -> dict[str, str]:
    """`NAME=value` lines, `#` comments, values bare or in quotes; names with our prefix only."""
    found: dict[str, str] = {}
    for number, line in enumerate(_lines(path), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.removeprefix("export ").partition("=")
        if not equals:
            raise SettingsError(f".env line {number}: wants NAME=value")
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        found[name.strip()] = value
    return _ours(found)


def _from_toml(path: Path) -> dict[str, str]:
    """Top-level keys in either case, with or without the prefix."""
    try:
        document = tomllib.loads("\n".join(_lines(path)))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"hongyan.toml: {error}") from None
    return {
        name.upper().removeprefix(PREFIX): (
            ",".join(map(str, value)) if isinstance(value, list) else str(value)
        )
        for name, value in document.items()
    }


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from None


def ensure_keys(settings: Settings, new_key: Callable[[], str]) -> tuple[str, ...]:
    """The keys in force: the given ones, or those of var/secret_keys, made there on first use.

    The file is made with mode 600 and in one step, so that several starting processes agree.
    """
    if settings.secret_keys:
        return settings.secret_keys
    path = Path(settings.var) / "secret_keys"
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f"{path.name}.{os.getpid()}")
            draft.touch(mode=0o600)
            draft.write_text(new_key() + "\n", encoding="ascii")
            with contextlib.suppress(FileExistsError):  # another process was faster: its keys count
                os.link(draft, path)
            draft.unlink()
        except OSError as error:
            raise SettingsError(
                f"HONGYAN_SECRET_KEYS: none given, and {path} cannot be written: {error.strerror}"
            ) from None
    return _keys(",".join(_lines(path)))


assert {s.name.lower() for s in SETTINGS} == {f.name for f in fields(Settings)}
