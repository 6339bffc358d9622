"""Who may use the control plane: it has no password, so only this machine by a name of its own.

A web page elsewhere can let its own name point at 127.0.0.1 (DNS rebinding) and then read and post
as if it came from here; the browser still writes that name into the Host header.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_HOST = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.ASCII | re.IGNORECASE)


def refusal(host: str, address: str, trusted: Collection[str] = ()) -> str:
    """Why this request is refused; "" where it may pass.

    host     the Host header; its port does not matter
    address  the peer's
    trusted  names beside the loopback ones; whoever comes by one of them passes from anywhere
    """
    name = _name_of(host)
    if name in trusted:
        return ""
    if name not in LOOPBACK_NAMES:
        return f"Host {name or '(none)'}: the control plane answers to localhost only" + HINT
    if not _is_loopback(address):
        return f"address {address}: the control plane answers to this machine only" + HINT
    return ""


HINT = "; name others in trusted_hosts"


def _name_of(host: str) -> str:
    """`example.com:80` -> `example.com`, `[::1]:80` -> `[::1]`; "" for what is no name at all."""
    found = _HOST.fullmatch(host)
    return found[1].lower() if found else ""


def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)
