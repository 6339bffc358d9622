"""`hongyan menu` and `hongyan qrcode`, against a platform; each change leaves a line in the log."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from bot.cli import common
from bot.cli.root import cli
from bot.errors import Conflict, GatewayError, InvalidInput, NotFound
from bot.sandbox.hosting import LocalSandbox
from bot.settings import DEVELOPMENT
from bot.store import audit, qrcodes, source_days
from bot.store.source_days import Sums
from tests.conftest import KEY

MENU = """
button:
  - {name: 帮助, type: click, key: HELP}
  - name: 更多
    sub_button:
      - {name: 商城, type: view, url: "https://shop.example/"}
"""


@pytest.fixture
def shell(tmp_path, monkeypatch, fresh_sqlite):
    """Runs a command and says (exit status, output)."""
    known = {"appid": DEVELOPMENT["APPID"], "appsecret": DEVELOPMENT["APPSECRET"]}
    with LocalSandbox(**known) as sandbox:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HONGYAN_DATABASE_URL", fresh_sqlite(tmp_path))
        monkeypatch.setenv("HONGYAN_SECRET_KEYS", KEY)
        monkeypatch.setenv("HONGYAN_WECHAT_API_URL", sandbox.url)
        for kept in (common.settings, common.services, common._clock):
            kept.cache_clear()

        def run(*words: str, **given):
            found = CliRunner().invoke(cli, words, **given)
            if found.exception is not None and not isinstance(found.exception, SystemExit):
                raise found.exception
            return found.exit_code, found.stdout

        yield run
        common.services().store.close()
        for kept in (common.settings, common.services, common._clock):
            kept.cache_clear()


def logged():
    return [one.action for one in audit.entries(20)]


def test_a_menu_from_a_file_to_followers_and_back(shell, tmp_path):
    (tmp_path / "menu.yaml").write_text(MENU, encoding="utf-8")
    assert shell("menu", "import", "menu.yaml")[0] == 0
    assert shell("menu", "check") == (0, "ok\n")
    assert "version 1 is live" in shell("menu", "publish")[1]
    code, told = shell("menu", "show", "--json")
    (tmp_path / "again.json").write_text(told.replace("帮助", "求助"), encoding="utf-8")
    shell("menu", "import", "again.json")
    shell("menu", "publish")
    assert "求助" in shell("menu", "show", "--version", "2")[1]
    assert "version 3 is live, as version 1 was" in shell("menu", "rollback", "1")[1]
    assert shell("menu", "compare")[0] == 0
    common.services().client_of(common.account().id).delete_menu()
    code, told = shell("menu", "compare", "--json")
    assert (code, json.loads(told)["menus"][0]["state"]) == (1, "missing")
    assert shell("menu", "delete", "--yes")[0] == 0
    assert "default" in shell("menu", "list")[1]
    assert shell("menu", "restore", "1")[0] == 0
    acts = ["menu_edit", "menu_delete", "menu_rollback", "menu_publish", "menu_edit",
            "menu_publish", "menu_edit"]  # fmt: skip
    assert logged() == acts


def test_what_is_wrong_with_a_menu_is_said_in_either_language(shell, tmp_path):
    (tmp_path / "menu.json").write_text('{"button": []}', encoding="utf-8")
    shell("menu", "import", "menu.json")
    assert shell("menu", "check") == (1, "error: 菜单里还没有按钮。\n")
    with pytest.raises(InvalidInput, match="has no buttons"):
        shell("menu", "publish", "--lang", "en")
    with pytest.raises(NotFound):
        shell("menu", "show", "nobody")


def test_a_personalised_menu_wants_a_tag_of_the_platform(shell, tmp_path):
    (tmp_path / "menu.yaml").write_text(MENU, encoding="utf-8")
    shell("menu", "import", "menu.yaml")
    shell("menu", "publish")
    with pytest.raises(InvalidInput):
        shell("menu", "import", "menu.yaml", "vip")
    assert shell("menu", "import", "menu.yaml", "vip", "--tag", "4711")[0] == 0
    with pytest.raises(GatewayError) as refused:
        shell("menu", "publish", "vip")
    assert refused.value.errcode == 45159


def test_codes_are_made_listed_drawn_renewed_and_archived(shell, tmp_path):
    code, told = shell("qrcode", "create", "shop-1", "南山店", "--days", "7", "--json")
    assert (code, json.loads(told)["scene"]) == (0, "shop-1")
    with pytest.raises(Conflict):
        shell("qrcode", "create", "shop-1", "南山店")
    today = common.now().astimezone(common.zone()).date().isoformat()
    source_days.replace(common.account().id, today, {"shop-1": Sums(scans=31, joins=12)})
    (row,) = json.loads(shell("qrcode", "list", "--json")[1])
    assert (row["scans"], row["joins"]) == (31, 12)
    assert shell("qrcode", "picture", "shop-1", "code.png")[0] == 0
    assert (tmp_path / "code.png").read_bytes().startswith(b"\x89PNG")
    assert "good until" in shell("qrcode", "renew", "shop-1")[1]
    assert shell("qrcode", "archive", "shop-1")[0] == 0
    assert shell("qrcode", "list", "--json")[1] == "[]\n"
    assert logged() == ["qrcode_archive", "qrcode_make", "qrcode_make"]


def test_a_code_that_was_not_made_is_made_when_asked_for_again(shell):
    now, here = common.now(), common.account()
    qrcodes.add(here.id, "poster", "海报", "", True, "operator:x", now)
    assert shell("qrcode", "create", "poster", "海报")[0] == 0
    assert qrcodes.by_scene(here.id, "poster").ticket
