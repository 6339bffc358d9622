"""What a wheel would hold, and that the layers hold."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def config() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def test_every_package_is_listed(config):
    listed = set(config["options"]["packages"].split())
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for top in ("bot", "handlers", "jobs")
        for path in (ROOT / top).rglob("__init__.py")
    }
    assert listed == found | {"bot.templates"}


@pytest.mark.parametrize(
    ("folder", "package"),
    [("bot/i18n", "bot.i18n"), ("bot/nlp", "bot.nlp"), ("templates", "bot.templates")],
)
def test_every_data_file_is_packed(config, folder, package):
    patterns = config["options.package_data"][package].replace(",", " ").split()
    base = ROOT / folder
    packed = {path for pattern in patterns for path in base.glob(pattern)}
    data = {
        path for path in base.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert data == packed


def test_imports_point_down_only():
    ended = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-3000:]


@pytest.mark.xdist_group("together")
def test_tests_of_a_group_go_to_one_worker(request):
    """What costs much is made once a worker, and twice where grouping silently ends."""
    if not hasattr(request.config, "workerinput"):
        pytest.skip("one process has all tests")
    assert request.node.nodeid.endswith("@together")
