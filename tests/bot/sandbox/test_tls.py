"""A client that checks refuses every certificate but the good one."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterator

import pytest

from bot.errors import SettingsError
from bot.sandbox.platform import Platform
from bot.sandbox.tls import Certificates, TlsDoor, beside
from bot.sandbox.web.app import create_app
from tests.bot.sandbox.conftest import a_config


@pytest.fixture
def door(request: pytest.FixtureRequest) -> Iterator[tuple[TlsDoor, Certificates]]:
    certificates = Certificates(request.param)
    made = TlsDoor(create_app(Platform(a_config())), certificates, "127.0.0.1", 0)
    made.start()
    yield made, certificates
    made.stop()


def ask(door: TlsDoor, authority: bytes) -> dict[str, object]:
    trusting = ssl.create_default_context(cadata=authority.decode())
    connection = http.client.HTTPSConnection("127.0.0.1", door.port, timeout=5, context=trusting)
    try:
        connection.request("GET", "/cgi-bin/user/get")
        answer: dict[str, object] = json.load(connection.getresponse())
        return answer
    finally:
        connection.close()


@pytest.mark.parametrize("door", ["good"], indirect=True)
def test_who_trusts_the_authority_is_served(door):
    assert ask(door[0], door[1].authority)["errcode"] == 41001


@pytest.mark.parametrize("door", ["good"], indirect=True)
def test_who_does_not_trust_it_is_not(door):
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
        ask(door[0], Certificates("good").authority)


@pytest.mark.parametrize(
    ("door", "reason"),
    [
        pytest.param("expired", "certificate has expired", id="expired"),
        pytest.param("self-signed", "self-signed certificate", id="self-signed"),
        pytest.param("wrong-host", "IP address mismatch", id="for another name"),
    ],
    indirect=["door"],
)
def test_what_is_wrong_stays_wrong_for_who_trusts_the_authority(door, reason):
    with pytest.raises(ssl.SSLCertVerificationError, match=reason):
        ask(door[0], door[1].authority)


def test_the_authority_is_written_where_the_config_wants_it(tmp_path):
    path = tmp_path / "ca.pem"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    config = a_config(tls_port=port, ca_path=str(path))
    opened = beside(config, create_app(Platform(config)))
    assert opened is not None
    assert ask(opened, path.read_bytes())["errcode"] == 41001
    opened.stop()


def test_without_a_port_there_is_no_such_door():
    config = a_config()
    assert beside(config, create_app(Platform(config))) is None


def test_a_certificate_that_is_none_is_refused():
    with pytest.raises(SettingsError, match="certificate: wants one of good, expired"):
        a_config(certificate="bad")
