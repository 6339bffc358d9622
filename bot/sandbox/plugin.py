"""A pytest plugin: a WeChat platform for the tests of any Official Account program.

docs/how-to/test-with-the-sandbox.md shows its use. Every pytest run of an environment loads this
module: so it imports nothing but pytest until a test asks for a fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bot.sandbox.hosting import LocalSandbox, SandboxServer

MARKER = "wechat_sandbox"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "wechat_sandbox(mode, kind, start, followers, ...): the account that the fixtures"
        " wechat_sandbox and wechat_sandbox_server play; any field of SandboxConfig",
    )


def _asked_for(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The fields of all markers; the nearest to the test wins."""
    asked: dict[str, Any] = {}
    for marker in request.node.iter_markers(MARKER):
        if marker.args:
            raise pytest.UsageError("wechat_sandbox: wants named options, as in mode='plain'")
        asked = {**marker.kwargs, **asked}
    return asked


@pytest.fixture
def wechat_sandbox(request: pytest.FixtureRequest) -> Iterator[LocalSandbox]:
    """A platform in this process; its API listens on a free port of this machine."""
    from bot.sandbox.hosting import LocalSandbox

    with LocalSandbox(**_asked_for(request)) as sandbox:
        yield sandbox


@pytest.fixture
def wechat_sandbox_server(request: pytest.FixtureRequest) -> Iterator[SandboxServer]:
    """A `hongyan sandbox` process of its own."""
    from bot.sandbox.hosting import SandboxServer

    with SandboxServer(**_asked_for(request)) as sandbox:
        yield sandbox
