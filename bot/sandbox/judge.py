"""What the platform makes of an answer to a push (被动回复用户消息). Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.config import Switches
from bot.sandbox.crypto import BadCipher, Box, same, sign
from bot.sandbox.xml import BadXml, Tree, parse

TEXT_BYTES = 2048  # of a mass text
EVENT_ARTICLES = 8  # in an answer to an event
BOM = b"\xef\xbb\xbf"
TRANSFER = "transfer_customer_service"  # an answer that the follower does not see
KINDS = ("text", "image", "voice", "video", "music", "news", TRANSFER)
MESSAGE_TYPES = ("text", "image", "voice", "video", "shortvideo", "location", "link")
UNSEEN = frozenset(  # events of which the person sees nothing: an answer's body is ignored
    {
        "unsubscribe",
        "TEMPLATESENDJOBFINISH",
        "MASSSENDJOBFINISH",
        "PUBLISHJOBFINISH",
        "subscribe_msg_popup_event",
        "subscribe_msg_change_event",
        "subscribe_msg_sent_event",
        "user_info_modified",
        "user_authorization_revoke",
        "user_authorization_cancellation",
        "kf_create_session",
        "kf_close_session",
        "kf_switch_session",
        "qualification_verify_success",
        "qualification_verify_fail",
        "naming_verify_success",
        "naming_verify_fail",
        "annual_renew",
        "verify_expired",
    }
)
STRICT = Switches()


@dataclass(frozen=True, slots=True)
class Expected:
    """Who must answer whom, and about what (`label`: the push's MsgType, or its Event)."""

    openid: str
    account: str
    label: str

    def articles(self, to_message: int) -> int:
        """The most there may be; `to_message`: in an answer to a message."""
        return to_message if self.label in MESSAGE_TYPES else EVENT_ARTICLES


@dataclass(frozen=True, slots=True)
class Verdict:
    """outcome: silent | answered | fault; late | refused where there is no answer to judge.

    text    what the phone shows; of a transfer the agent's KfAccount, "" for anybody
    picture its address, or media:<media_id>
    reason  why it is none
    came    False: not even an HTTP answer was there in time
    """

    outcome: str
    kind: str = ""
    text: str = ""
    url: str = ""
    reason: str = ""
    came: bool = True
    picture: str = ""


SILENT = Verdict("silent")


def _fault(reason: str) -> Verdict:
    return Verdict("fault", reason=reason)


@dataclass(frozen=True)
class Judge:
    """Judges for one account. mode: safe | plain | compatible.

    media  says what kind of media a media_id names, None for no such media; not given: not asked
    """

    mode: str
    token: str
    box: Box
    switches: Switches = STRICT
    media: Callable[[str], str | None] | None = None

    def verdict(self, body: bytes, expected: Expected) -> Verdict:
        """`body` is the whole answer of an HTTP 200."""
        if body in (b"", b"success") or expected.label in UNSEEN:
            return SILENT
        if self.switches.trim_success and body.removeprefix(BOM).strip() in (b"", b"success"):
            return SILENT
        try:
            fields = self._opened(parse(body))
        except (BadXml, BadCipher) as error:
            return _fault(str(error))
        verdict = _of_fields(fields, expected, self.switches)
        return verdict if verdict.outcome == "fault" else self._with_media(verdict, fields)

    def in_clear(self, body: bytes) -> str:
        """The answer as a person can read it: decrypted where that works, else as it came."""
        text = body.decode("utf-8", "replace")
        if "<Encrypt>" not in text:
            return text
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

    def _with_media(self, verdict: Verdict, fields: Tree) -> Verdict:
        """The platform has the media that the reply names, of the reply's kind (40007)."""
        if self.media is None or verdict.kind not in ("image", "voice", "video", "music"):
            return verdict
        name = _media_name(verdict.kind)
        known = self.media(str(fields[verdict.kind.capitalize()][name]).strip())
        wanted = ("thumb", "image") if verdict.kind == "music" else (verdict.kind,)
        return verdict if known in wanted else _fault(f"{name} is no {wanted[0]} of ours")


def _of_fields(fields: Tree, expected: Expected, switches: Switches) -> Verdict:
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
        return _text(fields.get("Content"), switches.text_bytes)
    if kind == "news":
        return _news(fields, expected.articles(switches.reply_articles))
    if kind == TRANSFER:
        return _transfer(fields)
    return _media(kind, fields.get(kind.capitalize()))


def _text(content: object, most: int) -> Verdict:
    if not isinstance(content, str) or not content:
        return _fault("empty Content")
    if len(content.encode()) > most:
        return _fault(f"Content over {most} bytes")
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
    for item in items:
        if not item.get("Title") or not _once(item, "Title", "Description", "PicUrl", "Url"):
            return _fault("an article wants one Title, and Description, PicUrl and Url once each")
    first = items[0]
    text = "\n".join(first[name] for name in ("Title", "Description") if first.get(name))
    return Verdict(
        "answered", "news", text, first.get("Url") or "", picture=first.get("PicUrl") or ""
    )


def _transfer(fields: Tree) -> Verdict:
    """To any agent, or to the one that TransInfo names."""
    if "TransInfo" not in fields:
        return Verdict("answered", TRANSFER)
    info = fields["TransInfo"]
    account = info.get("KfAccount") if isinstance(info, dict) else None
    if not isinstance(account, str) or not account.strip():
        return _fault("TransInfo without KfAccount")
    return Verdict("answered", TRANSFER, account.strip())


def _media(kind: str, fields: object) -> Verdict:
    wanted = _media_name(kind)
    if not isinstance(fields, dict) or not fields.get(wanted):
        return _fault(f"{kind} without {wanted}")
    if not _once(fields, wanted, "Title", "Description", "MusicUrl", "HQMusicUrl"):
        return _fault(f"{kind} with a field twice")
    # Of a voice or a video there is nothing to see without playing it.
    picture = f"media:{fields[wanted]}" if kind in ("image", "music") else ""
    return Verdict("answered", kind, fields.get("Title") or "", picture=picture)


def _media_name(kind: str) -> str:
    return "ThumbMediaId" if kind == "music" else "MediaId"


def _once(fields: Tree, *names: str) -> bool:
    """Each of these is there once at most, and is a text."""
    return all(isinstance(fields.get(name, ""), str) for name in names)
