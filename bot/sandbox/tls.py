"""The API by TLS on a second port, behind a certificate that is good, or that nobody may trust.

Keys and certificates are made at each start and never kept. They follow the machine's own clock,
not the platform's: it is by its own clock that a client judges them.
"""

from __future__ import annotations

import ipaddress
import ssl
import tempfile
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from bot.clock import utc_now
from bot.sandbox.config import SandboxConfig

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LIFE = timedelta(days=30)
LOCAL = ("localhost", "api.weixin.qq.com", "mp.weixin.qq.com")
ELSEWHERE = ("wrong.example",)
Key = ec.EllipticCurvePrivateKey


class Certificates:
    """What one port shows. kind: good | expired | self-signed | wrong-host.

    authority  the certificate (PEM) that a client must trust; what is wrong stays wrong with it,
               except self-signed, which that authority has never seen
    """

    def __init__(self, kind: str, host: str = "127.0.0.1") -> None:
        now = utc_now()
        ca_key, key = (
            ec.generate_private_key(ec.SECP256R1()),
            ec.generate_private_key(ec.SECP256R1()),
        )
        ca = _signed("Sandbox CA", ca_key, "Sandbox CA", ca_key, now, ())
        begins = now - LIFE - timedelta(days=1) if kind == "expired" else now
        names = ELSEWHERE if kind == "wrong-host" else (*LOCAL, "127.0.0.1", host)
        if kind == "self-signed":
            leaf = _signed("sandbox", key, "sandbox", key, begins, names)
        else:
            leaf = _signed("sandbox", key, "Sandbox CA", ca_key, begins, names)
        self.authority = ca.public_bytes(Encoding.PEM)
        self._chain = leaf.public_bytes(Encoding.PEM) + key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )

    def context(self) -> ssl.SSLContext:
        """For a server. The key touches the disk only while it is read."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "chain.pem"
            path.touch(mode=0o600)
            path.write_bytes(self._chain)
            made.load_cert_chain(path)
        return made


def _signed(
    name: str, key: Key, issuer: str, issuer_key: Key, begins: datetime, names: tuple[str, ...]
) -> x509.Certificate:
    """No names: an authority."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins - timedelta(hours=1))
        .not_valid_after(begins + LIFE)
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
    )
    if names:
        alternative = x509.SubjectAlternativeName([_general(one) for one in dict.fromkeys(names)])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = builder.add_extension(alternative, critical=False)
        builder = builder.add_extension(usage, critical=False)
    else:
        builder = builder.add_extension(_authority_usage(), critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


def _authority_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """The traffic page tells."""


class TlsDoor:
    """Serves an application by TLS until `stop`. Port 0 takes a free one."""

    def __init__(
        self, application: WSGIApplication, certificates: Certificates, host: str, port: int
    ) -> None:
        self._server: BaseWSGIServer = make_server(
            host, port, application, threaded=True, request_handler=_Quiet
        )
        self._server.ssl_context = certificates.context()
        # Each thread shakes hands for itself: a client that stalls keeps nobody waiting.
        self._server.socket = self._server.ssl_context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="tls", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def beside(config: SandboxConfig, application: WSGIApplication) -> TlsDoor | None:
    """Opens the config's second port and writes its authority's file. None: no such port."""
    if not config.tls_port:
        return None
    certificates = Certificates(config.certificate, config.host)
    if config.ca_path:
        Path(config.ca_path).write_bytes(certificates.authority)
    door = TlsDoor(application, certificates, config.host, config.tls_port)
    door.start()
    return door
