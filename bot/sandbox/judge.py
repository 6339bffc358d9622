"""What the platform makes of an answer to a push (被动回复用户消息). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bot.sandbox.crypto import BadCipher, Box, same, sign
from bot.sandbox.xml import BadXml, Tree, parse

TEXT_BYTES = 2048
TRANSFER = "transfer_customer_service"  # an answer that the follower does not see
KINDS = ("text", "image", "voice", "video", "music", "news", TRANSFER)
MESSAGE_TYPES = ("text", "image", "voice", "video", "shortvideo", "location", "link")
UNSEEN = (  # events of which the person sees nothing: an answer's body is ignored
    "unsubscribe",
    "TEMPLATESENDJOBFINISH",
    "MASSSENDJOBFINISH",
    "user_info_modified",
    "user_authorization_revoke",
    "user_authorization_cancellation",
)


@dataclass(frozen=True, slots=True)
class Expected:
    """Who must answer whom, and about what (`label`: the push's MsgType, or its Event)."""

    openid: str
    account: str
    label: str

    @property
    def articles(self) -> int:
        return 1 if self.label in MESSAGE_TYPES else 8


@dataclass(frozen=True, slots=True)
class Verdict:
    """outcome: silent | answered | fault. `reason` says why it is a fault."""

    outcome: str
    kind: str = ""
    text: str = ""
    url: str = ""
    reason: str = ""


SILENT = Verdict("silent")


def _fault(reason: str) -> Verdict:
    return Verdict("fault", reason=reason)


@dataclass(frozen=True)
class Judge:
    """Judges for one account. mode: safe | plain | compatible."""

    mode: str
    token: str
    box: Box

    def verdict(self, body: bytes, expected: Expected) -> Verdict:
        """`body` is the whole answer of an HTTP 200."""
        if body in (b"", b"success") or expected.label in UNSEEN:
            return SILENT
        try:
            fields = self._opened(parse(body))
        except (BadXml, BadCipher) as error:
            return _fault(str(error))
        return _of_fields(fields, expected)

    def in_clear(self, body: bytes) -> str:
        """The answer as a person can read it: decrypted where that works, else as it came."""
        text = body.decode("utf-8", "replace")
        try:
            sealed = parse(body).get("Encrypt")
            return self.box.open(sealed.strip()) if isinstance(sealed, str) else text
        except (BadXml, BadCipher):
            return text

    def _opened(self, fields: Tree) -> Tree:
        """The reply's own fields. Raises BadCipher where safe mode meets a bare one."""
        if "Encrypt" not in fields:
            if self.mode == "safe":
                raise BadCipher("not encrypted")
            return fields
        if self.mode == "plain":
            raise BadCipher("encrypted in plain mode")
        parts = [fields.get(n) for n in ("TimeStamp", "Nonce", "Encrypt", "MsgSignature")]
        texts = [part.strip() for part in parts if isinstance(part, str)]
        if len(texts) != 4 or not all(texts):
            raise BadCipher("envelope wants Encrypt, MsgSignature, TimeStamp and Nonce once each")
        *signed, signature = texts
        if not same(sign(self.token, *signed), signature):
            raise BadCipher("wrong MsgSignature")
        return parse(self.box.open(texts[2]))


def _of_fields(fields: Tree, expected: Expected) -> Verdict:
    """The reply's own fields: whose, what, and complete."""
    if fields.get("ToUserName") != expected.openid:
        return _fault("ToUserName is not the follower")
    if fields.get("FromUserName") != expected.account:
        return _fault("FromUserName is not the account")
    created, kind = fields.get("CreateTime"), fields.get("MsgType")
    if not isinstance(created, str) or not created.strip().isdigit():
        return _fault("CreateTime is not a number")
    if not isinstance(kind, str) or kind not in KINDS:
        return _fault("unknown MsgType")
    if kind == "text":
        return _text(fields.get("Content"))
    if kind == "news":
        return _news(fields, expected.articles)
    if kind == TRANSFER:
        return Verdict("answered", kind)
    return _media(kind, fields.get(kind.capitalize()))


def _text(content: object) -> Verdict:
    if not isinstance(content, str) or not content:
        return _fault("empty Content")
    if len(content.encode()) > TEXT_BYTES:
        return _fault(f"Content over {TEXT_BYTES} bytes")
    return Verdict("answered", "text", content)


def _news(fields: Tree, most: int) -> Verdict:
    articles = fields.get("Articles")
    items = articles.get("item") if isinstance(articles, dict) else None
    items = items if isinstance(items, list) else [items]
    if not all(isinstance(item, dict) for item in items):
        return _fault("news without articles")
    if str(fields.get("ArticleCount", "")).strip() != str(len(items)):
        return _fault("ArticleCount is not the number of articles")
    if len(items) > most:
        return _fault(f"over {most} articles")
    first = items[0]
    text = "\n".join(str(first[n]) for n in ("Title", "Description") if first.get(n))
    return Verdict("answered", "news", text, str(first.get("Url") or ""))


def _media(kind: str, fields: object) -> Verdict:
    wanted = "ThumbMediaId" if kind == "music" else "MediaId"
    if not isinstance(fields, dict) or not fields.get(wanted):
        return _fault(f"{kind} without {wanted}")
    title = fields.get("Title")
    return Verdict("answered", kind, title if isinstance(title, str) else "")
