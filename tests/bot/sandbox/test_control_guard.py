"""Who may use the control plane: this machine, by a name of its own."""

from __future__ import annotations

import pytest

from bot.sandbox.platform import Platform
from bot.sandbox.web.app import create_app
from bot.sandbox.web.control_guard import refusal
from tests.bot.sandbox.conftest import a_config

HERE = "127.0.0.1"


@pytest.mark.parametrize(
    ("host", "address", "passes"),
    [
        pytest.param("localhost:8090", HERE, True, id="localhost"),
        pytest.param("LOCALHOST", HERE, True, id="in capitals, without a port"),
        pytest.param("127.0.0.1:8090", HERE, True, id="the loopback address"),
        pytest.param("[::1]:8090", "::1", True, id="the loopback address of IPv6"),
        pytest.param("localhost", "::ffff:127.0.0.1", True, id="IPv4 in an IPv6 socket"),
        pytest.param("evil.example:8090", HERE, False, id="a foreign name that points here"),
        pytest.param("127.0.0.1.evil.example", HERE, False, id="a name that begins like ours"),
        pytest.param("localhost.evil.example", HERE, False, id="another"),
        pytest.param("", HERE, False, id="no name"),
        pytest.param("localhost:8090", "192.0.2.7", False, id="another machine as localhost"),
        pytest.param("192.0.2.1:8090", "192.0.2.7", False, id="another machine by our address"),
        pytest.param("localhost", "", False, id="nobody knows from where"),
    ],
)
def test_who_passes(host: str, address: str, passes: bool):
    assert (refusal(host, address) == "") is passes


@pytest.mark.parametrize(
    ("host", "address", "passes"),
    [
        pytest.param("sandbox:8090", "192.0.2.7", True, id="the trusted name, from anywhere"),
        pytest.param("evil.example", "192.0.2.7", False, id="another name"),
        pytest.param("localhost", HERE, True, id="this machine as ever"),
        pytest.param("localhost", "192.0.2.7", False, id="localhost from elsewhere"),
    ],
)
def test_a_name_can_be_trusted(host: str, address: str, passes: bool):
    assert (refusal(host, address, ("sandbox",)) == "") is passes


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "/sandbox/state", id="reading"),
        pytest.param("GET", "/sandbox/ledger", id="reading the books"),
        pytest.param("POST", "/sandbox/follow", id="acting"),
        pytest.param("POST", "/sandbox/reset", id="making all new"),
    ],
)
@pytest.mark.parametrize(
    ("trusted", "status"), [((), 403), (("evil.example",), {200, 409})], ids=["unknown", "trusted"]
)
def test_every_call_of_the_control_plane_is_guarded(method, path, trusted, status):
    client = create_app(Platform(a_config(trusted_hosts=trusted))).test_client()
    answer = client.open(path, method=method, json={}, headers={"Host": "evil.example"})
    assert answer.status_code in ({status} if isinstance(status, int) else status)
    assert answer.status_code == 200 or answer.json["error"]


def test_another_machine_is_told_what_to_set():
    client = create_app(Platform(a_config())).test_client()
    answer = client.get("/sandbox/state", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.status_code == 403
    assert "trusted_hosts" in answer.json["error"]
