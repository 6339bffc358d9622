"""The page on testing with the sandbox: each of its blocks is a test module, and passes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
PAGE = Path(__file__).parents[3] / "docs/how-to/test-with-the-sandbox.md"
SECTION = re.compile(r"^#+ (.+?)$|^```python\n(.+?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> dict[str, str]:
    """By the heading that each stands under."""
    found, heading = {}, ""
    for match in SECTION.finditer(PAGE.read_text()):
        heading = match[1] or heading
        if match[2]:
            found[heading] = match[2]
    return found


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says to all blocks, run as somebody else's tests."""
    folder = tmp_path_factory.mktemp("page")
    for number, code in enumerate(blocks().values()):
        (folder / f"test_block{number}.py").write_text(code)
    ours = ["-p", "bot.sandbox.plugin", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *ours, "--strict-markers", "-rA", "--rootdir", "."],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(("number", "heading"), list(enumerate(blocks())))
def test_each_block_is_tests_that_pass(outcomes: str, number: int, heading: str):
    named = set(re.findall(r"^def (test_\w+)", blocks()[heading], re.MULTILINE))
    passed = set(re.findall(rf"^PASSED test_block{number}.py::(\w+)", outcomes, re.MULTILINE))
    assert passed == named, outcomes


def test_the_page_shows_what_the_tests_use():
    """The way of pointing wechatpy at a sandbox is the same in both."""
    there = (PAGE.parents[2] / "tests/support/wechatpy_address.py").read_text()
    body = re.sub(r": Any|: str| -> (None|Any)", "", there)
    (wechatpy,) = [code for code in blocks().values() if "class ToSandbox" in code]
    shown = wechatpy[wechatpy.index("class ToSandbox") : wechatpy.index("def test_")]
    assert re.sub(r'    """`client`.*?"""\n', "", body).endswith(shown.rstrip() + "\n")
