"""The demo touches nothing of an installation that lives in the same folder."""

from __future__ import annotations

from pathlib import Path

from bot.demo.plan import DemoPlan
from bot.settings import DEVELOPMENT, Settings


def test_no_real_setting_reaches_the_demo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(
        "HONGYAN_APPID=wx0123456789abcdef\nHONGYAN_SECRET_KEYS=real\nHONGYAN_LOG_FORMAT=json\n"
    )
    (tmp_path / "hongyan.toml").write_text('redis_url = "redis://real:6379/0"\n')
    plan = DemoPlan(5, 30, 8001, 8002, 1, Path("var/demo"))
    env = plan.environment(
        {
            "PATH": "/bin",
            "HONGYAN_DATABASE_URL": "postgresql://real/x",
            "HONGYAN_TOKEN": "real-token",
        }
    )
    found = Settings.from_env(env)
    assert found.appid == DEVELOPMENT["APPID"]
    assert found.token == DEVELOPMENT["TOKEN"]
    assert found.database_url == f"sqlite:///{tmp_path}/var/demo/hongyan.db"
    assert (found.secret_keys, found.redis_url, found.log_format) == ((), "", "text")
    assert env["PATH"] == "/bin"
