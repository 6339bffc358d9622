"""What the platform pushes: one frozen class for each message and event kind.

WeChat's field names stand in the margin. `raw` keeps every field of the push, nested as it came,
for kinds and fields that appear after this file was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, ClassVar

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """The envelope that every push has."""

    kind: ClassVar[str] = "unknown"
    account: str  # ToUserName, gh_...
    openid: str  # FromUserName; of the person it is about, also where the platform itself pushes
    sent_at: datetime  # CreateTime, aware UTC
    msg_id: str = ""  # MsgId; events have none
    raw: Raw = field(default_factory=dict, repr=False)

    @property
    def dedupe_key(self) -> str:
        """32 hex digits, equal for every delivery of one push and different otherwise.

        MsgId alone is not enough (collisions are reported) and events have none, so everything
        that was pushed goes in: two deliveries of one push are equal field by field.
        """
        digest = blake2b(digest_size=16)
        for name in sorted(self.raw):
            digest.update(f"{name}={self.raw[name]!r};".encode("utf-8", "replace"))
        return digest.hexdigest()


# --- ordinary messages -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Inbound):
    """Something a follower sent. Opens the 48 h customer-service window."""

    kind: ClassVar[str] = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMessage(Message):
    kind: ClassVar[str] = "message.text"
    text: str  # Content, stripped; may be ""
    menu_id: str = ""  # bizmsgmenuid: the tapped item of a message menu


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageMessage(Message):
    kind: ClassVar[str] = "message.image"
    media_id: str = ""  # MediaId, lives 3 days
    pic_url: str = ""  # PicUrl


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceMessage(Message):
    kind: ClassVar[str] = "message.voice"
    media_id: str = ""  # MediaId
    format: str = ""  # Format: amr, speex
    media_id_16k: str = ""  # MediaId16K
    recognition: str = ""  # Recognition, "" where speech recognition is off


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoMessage(Message):
    kind: ClassVar[str] = "message.video"
    media_id: str = ""  # MediaId
    thumb_media_id: str = ""  # ThumbMediaId
    short: bool = False  # MsgType shortvideo


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationMessage(Message):
    kind: ClassVar[str] = "message.location"
    latitude: float = 0.0  # Location_X
    longitude: float = 0.0  # Location_Y
    scale: float = 0.0  # Scale
    label: str = ""  # Label


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMessage(Message):
    kind: ClassVar[str] = "message.link"
    title: str = ""  # Title
    description: str = ""  # Description
    url: str = ""  # Url


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMessage(Message):
    kind: ClassVar[str] = "message.file"
    title: str = ""  # Title
    description: str = ""  # Description
    file_key: str = ""  # FileKey
    md5: str = ""  # FileMd5
    size: int = 0  # FileTotalLen, bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownMessage(Message):
    kind: ClassVar[str] = "message.unknown"
    msg_type: str = ""  # MsgType as pushed


# --- events ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Inbound):
    """Something that happened. No MsgId."""

    kind: ClassVar[str] = "event"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe(Event):
    kind: ClassVar[str] = "subscribe"
    scene: str = ""  # EventKey without "qrscene_"; "" when not by a parametric QR code
    event_key: str = ""  # EventKey as pushed (other prefixes exist, e.g. last_trade_no_)
    ticket: str = ""  # Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe(Event):
    kind: ClassVar[str] = "unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan(Event):
    kind: ClassVar[str] = "scan"
    scene: str = ""  # EventKey, no prefix: the scanner follows already
    ticket: str = ""  # Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationReport(Event):
    kind: ClassVar[str] = "location"
    latitude: float = 0.0  # Latitude
    longitude: float = 0.0  # Longitude
    precision: float = 0.0  # Precision, metres


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuClick(Event):
    kind: ClassVar[str] = "menu.click"
    key: str = ""  # EventKey


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuView(Event):
    kind: ClassVar[str] = "menu.view"
    url: str = ""  # EventKey
    menu_id: str = ""  # MenuId


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuMiniProgram(Event):
    kind: ClassVar[str] = "menu.miniprogram"
    page_path: str = ""  # EventKey
    menu_id: str = ""  # MenuId


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuScanCode(Event):
    kind: ClassVar[str] = "menu.scancode"
    key: str = ""  # EventKey
    waits: bool = False  # scancode_waitmsg rather than scancode_push
    scan_type: str = ""  # ScanCodeInfo/ScanType
    scan_result: str = ""  # ScanCodeInfo/ScanResult


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuPictures(Event):
    kind: ClassVar[str] = "menu.pictures"
    key: str = ""  # EventKey
    source: str = ""  # Event: pic_sysphoto, pic_photo_or_album, pic_weixin
    md5s: tuple[str, ...] = ()  # SendPicsInfo/PicList/item/PicMd5Sum


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuLocation(Event):
    kind: ClassVar[str] = "menu.location"
    key: str = ""  # EventKey
    latitude: float = 0.0  # SendLocationInfo/Location_X
    longitude: float = 0.0  # SendLocationInfo/Location_Y
    label: str = ""  # SendLocationInfo/Label
    place: str = ""  # SendLocationInfo/Poiname


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSent(Event):
    kind: ClassVar[str] = "delivery.template"
    msgid: str = ""  # MsgID
    status: str = (
        ""  # Status, spaces normalised: success | failed:user block | failed:system failed
    )

    @property
    def delivered(self) -> bool:
        return self.status == "success"


@dataclass(frozen=True, slots=True, kw_only=True)
class MassSent(Event):
    kind: ClassVar[str] = "delivery.mass"
    msgid: str = ""  # MsgID
    status: str = ""  # Status: send success | send fail | err(n)
    total: int = 0  # TotalCount
    filtered: int = 0  # FilterCount
    sent: int = 0  # SentCount
    errors: int = 0  # ErrorCount


@dataclass(frozen=True, slots=True, kw_only=True)
class Published(Event):
    kind: ClassVar[str] = "delivery.publish"
    publish_id: str = ""  # PublishEventInfo/publish_id
    status: int = 0  # PublishEventInfo/publish_status, 0 ok
    article_id: str = ""  # PublishEventInfo/article_id


@dataclass(frozen=True, slots=True)
class SubscriptionAnswer:
    """One template's line of a subscription-notice event."""

    template_id: str  # TemplateId
    status: str = ""  # SubscribeStatusString: accept | reject
    scene: str = ""  # PopupScene: 1 H5, 2 article
    msgid: str = ""  # MsgID
    error_code: str = ""  # ErrorCode, "0" delivered
    error_status: str = ""  # ErrorStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionPopup(Event):
    kind: ClassVar[str] = "subscription.popup"
    answers: tuple[SubscriptionAnswer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionChange(Event):
    kind: ClassVar[str] = "subscription.change"
    answers: tuple[SubscriptionAnswer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionSent(Event):
    kind: ClassVar[str] = "subscription.sent"
    answers: tuple[SubscriptionAnswer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalInfoEvent(Event):
    """A PIPL event: FromUserName is the platform, the person is OpenID, which can be missing."""

    kind: ClassVar[str] = "privacy"
    appid: str = ""  # AppID
    unionid: str = ""  # UnionID


@dataclass(frozen=True, slots=True, kw_only=True)
class UserInfoModified(PersonalInfoEvent):
    kind: ClassVar[str] = "privacy.modified"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRevoked(PersonalInfoEvent):
    kind: ClassVar[str] = "privacy.revoked"
    codes: tuple[str, ...] = ()  # RevokeInfo: 201 address ... 207 pictures and videos, 301 all


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationCancelled(PersonalInfoEvent):
    kind: ClassVar[str] = "privacy.cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSession(Event):
    kind: ClassVar[str] = "agent"
    action: str = ""  # create, close, switch
    agent: str = ""  # KfAccount, or ToKfAccount
    previous_agent: str = ""  # FromKfAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification(Event):
    kind: ClassVar[str] = "qualification"
    name: str = ""  # Event: qualification_verify_success, annual_renew, verify_expired ...
    expires_at: datetime | None = None  # ExpiredTime
    reason: str = ""  # FailReason


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEvent(Event):
    kind: ClassVar[str] = "card"
    name: str = ""  # Event: user_get_card, user_consume_card ...
    card_id: str = ""  # CardId
    code: str = ""  # UserCardCode
    outer: str = ""  # OuterStr: the channel
    fee_fen: int = 0  # Fee


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEvent(Event):
    kind: ClassVar[str] = "event.unknown"
    name: str = ""  # Event as pushed
    event_key: str = ""  # EventKey
