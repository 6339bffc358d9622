"""The bytes of a push: signed, encrypted, and spoilt where a fault wants it."""

from __future__ import annotations

from typing import Any, NamedTuple

from bot.sandbox.crypto import Box, sign
from bot.sandbox.world import World
from bot.sandbox.xml import render

CONTROL = "\x1d"  # as the real platform has pushed it, raw
END = "</xml>"


class Delivery(NamedTuple):
    """What is posted to the program; `text` is the push's XML in clear."""

    query: dict[str, str]
    body: bytes
    text: str


class Envelopes:
    """Makes deliveries in the account's mode; each is signed and encrypted afresh."""

    def __init__(self, world: World, box: Box) -> None:
        config = world.config
        self._world = world
        self._box = box
        self._mode = config.mode
        self._token = config.token
        self._outer = render({"ToUserName": config.original_id}).removesuffix(END)

    def verification(self) -> dict[str, str]:
        """The query of a GET verification."""
        stamp, nonce = self._stamp()
        return {
            "signature": sign(self._token, stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "echostr": str(self._world.ids.below(1 << 62)),
        }

    def delivery(
        self, openid: str, text: str, wrong_signature: bool = False, wrong_cipher: bool = False
    ) -> Delivery:
        """One delivery of the push whose XML is `text`."""
        stamp, nonce = self._stamp()
        # Somebody who does not know the token signs with another one.
        token = f"not-{self._token}" if wrong_signature else self._token
        query = {
            "signature": sign(token, stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "openid": openid,
        }
        if self._mode == "plain":
            return Delivery(query, text.encode(), text)
        sealed = _spoilt(self._box.seal(text)) if wrong_cipher else self._box.seal(text)
        query["encrypt_type"] = "aes"
        query["msg_signature"] = sign(token, stamp, nonce, sealed)
        outer = text.removesuffix(END) if self._mode == "compatible" else self._outer
        body = f"{outer}<Encrypt><![CDATA[{sealed}]]></Encrypt>{END}"
        return Delivery(query, body.encode(), text)

    def _stamp(self) -> tuple[str, str]:
        """Timestamp and nonce."""
        world = self._world
        return str(int(world.clock.signing().timestamp())), str(world.ids.below(10**9))


def written(fields: dict[str, Any], control_character: bool = False) -> str:
    """The push's own XML; with a raw control character it is not well-formed any more."""
    if control_character:
        fields = {**fields, "Content": f"{fields.get('Content', '')}{CONTROL}"}
    return render(fields)


def _spoilt(sealed: str) -> str:
    """Of the right length, in the right alphabet, and no more to be opened."""
    return sealed[::-1].lstrip("=") + "=" * (len(sealed) - len(sealed.rstrip("=")))
