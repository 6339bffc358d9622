"""Settings: where they come from, what is refused, and that a refusal tells no secret."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import DEVELOPMENT, SETTINGS, Settings, ensure_keys

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "settings.md"


@pytest.fixture(autouse=True)
def an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_nothing_set_gives_the_defaults():
    settings = Settings.from_env({})
    assert settings.database_url == "sqlite:///var/hongyan.db"
    assert (settings.port, settings.callback_mode, settings.appid) == (8000, "safe", "")


def test_the_environment_wins_over_dotenv_and_dotenv_over_toml(an_empty_folder):
    (an_empty_folder / "hongyan.toml").write_text('port = 1111\nhost = "h1"\nlog_level = "error"\n')
    (an_empty_folder / ".env").write_text(
        "# local\nexport HONGYAN_PORT=2222\nHONGYAN_HOST='h2'\nOTHER=x\n"
    )
    settings = Settings.from_env({"HONGYAN_PORT": "3333", "PATH": "/bin"})
    assert (settings.port, settings.host, settings.log_level) == (3333, "h2", "error")


BAD = [
    ("PORT", "70000", "1..65535"),
    ("PORT", "eighty", "1..65535"),
    ("LOG_LEVEL", "loud", "debug, info"),
    ("PUBLIC_URL", "ftp://x.example", "https://"),
    ("WECHAT_API_URL", "api.weixin", "https://"),
    ("DATABASE_URL", "oracle://x", "sqlite:///"),
    ("APPID", "hello", "wx and 16"),
    ("AES_KEY", "tooshort", "43 letters"),
    ("TOKEN", "with space", "3..32"),
    ("ACCOUNT_KIND", "premium", "service"),
]


@pytest.mark.parametrize(("name", "value", "remedy"), BAD, ids=lambda x: str(x)[:20])
def test_a_bad_value_is_refused_with_its_name_and_the_remedy(name, value, remedy):
    with pytest.raises(SettingsError) as refusal:
        Settings.from_env({f"HONGYAN_{name}": value})
    assert f"HONGYAN_{name}" in str(refusal.value)
    assert remedy in str(refusal.value)
    assert f"{len(value)} characters" in str(refusal.value)


def test_all_bad_values_are_told_at_once():
    with pytest.raises(SettingsError) as refusal:
        Settings.from_env({"HONGYAN_PORT": "x", "HONGYAN_LOG_FORMAT": "xml"})
    assert "HONGYAN_PORT" in str(refusal.value)
    assert "HONGYAN_LOG_FORMAT" in str(refusal.value)


def test_a_misspelt_name_is_refused():
    with pytest.raises(SettingsError, match="HONGYAN_DATABSE_URL: there is no such setting"):
        Settings.from_env({"HONGYAN_DATABSE_URL": "sqlite:///x"})


def test_a_refused_secret_is_not_shown():
    secret = "my secret with spaces!"
    with pytest.raises(SettingsError) as refusal:
        Settings.from_env({"HONGYAN_APPSECRET": secret})
    assert secret not in str(refusal.value)


def test_secrets_stay_out_of_repr():
    settings = Settings.from_env(
        {"HONGYAN_APPSECRET": "0123456789abcdef0123", "HONGYAN_DATABASE_URL": "mysql://u:pw@h/x"}
    )
    assert "0123456789abcdef0123" not in repr(settings)
    assert "pw@h" not in repr(settings)


def test_a_local_api_without_appid_plays_the_development_account():
    settings = Settings.from_env({"HONGYAN_WECHAT_API_URL": "http://127.0.0.1:8090"})
    assert settings.appid == DEVELOPMENT["APPID"]
    assert settings.sandboxed


def test_what_is_given_stands_beside_the_development_account():
    keys = f"{'A' * 43},{'B' * 43}"
    settings = Settings.from_env(
        {"HONGYAN_WECHAT_API_URL": "http://127.0.0.1:8090", "HONGYAN_AES_KEY": keys}
    )
    assert (settings.appid, settings.aes_key) == (DEVELOPMENT["APPID"], keys)


def test_the_real_platform_never_gets_the_development_account():
    assert Settings.from_env({}).appid == ""


def test_keys_are_made_once_and_only_we_can_read_them(an_empty_folder):
    settings = Settings.from_env({})
    made = iter(["A" * 43, "B" * 43])
    first = ensure_keys(settings, lambda: next(made))
    assert ensure_keys(settings, lambda: next(made)) == first == ("A" * 43,)
    mode = stat.S_IMODE(os.stat(an_empty_folder / "var" / "secret_keys").st_mode)
    assert mode == 0o600


def test_given_keys_make_no_file(an_empty_folder):
    settings = Settings.from_env({"HONGYAN_SECRET_KEYS": "one, two"})
    assert ensure_keys(settings, lambda: "never") == ("one", "two")
    assert not (an_empty_folder / "var").exists()


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: s.name)
def test_every_setting_is_in_the_reference(setting):
    line = next(
        (x for x in REFERENCE.read_text().splitlines() if f"`HONGYAN_{setting.name}`" in x), ""
    )
    assert line, f"docs/reference/settings.md has no row for {setting.name}"
    assert f"`{setting.default}`" in line or (not setting.default and "none" in line)
