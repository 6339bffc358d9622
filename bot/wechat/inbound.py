"""From the fields of a push to a value: one row for each kind.

Platform rules that shape the rows: elements come in any order, appear over time and go missing, so
every reader has a default; a list of one is pushed as the bare thing; the events about personal
information name the person in OpenID while FromUserName is the platform's own account; job-finish
events spell MsgID; the change event of a subscription was documented inside the popup's wrapper;
a receipt's status is seen with and without a space after its colon.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.errors import CallbackRejected
from bot.values import inbound as values
from bot.values.inbound import Inbound, SubscriptionAnswer

Fields = Mapping[str, Any]
Read = Callable[[Fields], Any]
Row = tuple[type[Inbound], dict[str, Read]]

# CreateTime outside of 2001..2100 is no time of a push.
_EARLIEST, _LATEST = 1_000_000_000, 4_102_444_800
_SPACES = re.compile(r"\s+")
_COLON = re.compile(r"\s*:\s*")
_WRAPPERS = ("SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent")


# --- readers -----------------------------------------------------------------------------------


def _plain(value: Any) -> str:
    """The text of a field, stripped; of the first where it was repeated."""
    if isinstance(value, str):
        return value.strip()
    return _plain(value[0]) if isinstance(value, list) and value else ""


def _mapping(value: Any) -> Fields:
    if isinstance(value, list):
        value = next((item for item in value if isinstance(item, dict)), None)
    return value if isinstance(value, dict) else {}


def _items(value: Any) -> list[Any]:
    """A list from nothing, one thing, several, or an element that only wraps `item`."""
    if isinstance(value, dict) and set(value) == {"item"}:
        value = value["item"]
    if isinstance(value, list):
        return value
    return [value] if value else []


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if math.isfinite(number) else 0.0


def _whole(text: str) -> int:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else 0


def _instant(text: str) -> datetime | None:
    seconds = _whole(text)
    known = _EARLIEST <= seconds <= _LATEST
    return datetime.fromtimestamp(seconds, UTC) if known else None


def _text(name: str, *inside: str) -> Read:
    """The text at `name`, or deeper at `name/inside/...`."""
    if not inside:
        return lambda fields: _plain(fields.get(name))

    def read(fields: Fields) -> str:
        for step in path:
            fields = _mapping(fields.get(step))
        return _plain(fields.get(last))

    *path, last = (name, *inside)
    return read


def _as(convert: Callable[[str], Any], name: str, *inside: str) -> Read:
    text = _text(name, *inside)
    return lambda fields: convert(text(fields))


def _always(value: Any) -> Read:
    return lambda fields: value


def _event_name(fields: Fields) -> str:
    return _plain(fields.get("Event"))


def _scene(key: str) -> str:
    return key.removeprefix("qrscene_") if key.startswith("qrscene_") else ""


def _status(text: str) -> str:
    """ "failed: system  failed" as "failed:system failed"."""
    return _COLON.sub(":", _SPACES.sub(" ", text)).lower()


def _codes(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\d+", text))


def _revoked(fields: Fields) -> tuple[str, ...]:
    infos = _items(fields.get("RevokeInfo"))
    return tuple(code for info in infos for code in _codes(_plain(info)))


def _md5s(fields: Fields) -> tuple[str, ...]:
    pictures = _items(_mapping(fields.get("SendPicsInfo")).get("PicList"))
    found = (_plain(_mapping(picture).get("PicMd5Sum")) for picture in pictures)
    return tuple(md5 for md5 in found if md5)


def _answers(fields: Fields) -> tuple[SubscriptionAnswer, ...]:
    wrapped = (_mapping(fields.get(wrapper)).get("List") for wrapper in _WRAPPERS)
    lines = (_mapping(line) for lines in wrapped for line in _items(lines))
    return tuple(
        SubscriptionAnswer(
            template_id=_plain(line.get("TemplateId")),
            status=_plain(line.get("SubscribeStatusString")),
            scene=_plain(line.get("PopupScene")),
            msgid=_plain(line.get("MsgID")),
            error_code=_plain(line.get("ErrorCode")),
            error_status=_plain(line.get("ErrorStatus")),
        )
        for line in lines
        if line
    )


# --- ordinary messages -------------------------------------------------------------------------

_VIDEO = {"media_id": _text("MediaId"), "thumb_media_id": _text("ThumbMediaId")}

MESSAGES: dict[str, Row] = {
    "text": (
        values.TextMessage,
        {"text": _text("Content"), "menu_id": _text("bizmsgmenuid")},
    ),
    "image": (
        values.ImageMessage,
        {"media_id": _text("MediaId"), "pic_url": _text("PicUrl")},
    ),
    "voice": (
        values.VoiceMessage,
        {
            "media_id": _text("MediaId"),
            "format": _text("Format"),
            "media_id_16k": _text("MediaId16K"),
            # The documents once misspelt it, and doubles copied that.
            "recognition": lambda f: _plain(f.get("Recognition") or f.get("Recongnition")),
        },
    ),
    "video": (values.VideoMessage, {**_VIDEO, "short": _always(False)}),
    "shortvideo": (values.VideoMessage, {**_VIDEO, "short": _always(True)}),
    "location": (
        values.LocationMessage,
        {
            "latitude": _as(_number, "Location_X"),
            "longitude": _as(_number, "Location_Y"),
            "scale": _as(_number, "Scale"),
            "label": _text("Label"),
        },
    ),
    "link": (
        values.LinkMessage,
        {"title": _text("Title"), "description": _text("Description"), "url": _text("Url")},
    ),
    "file": (
        values.FileMessage,
        {
            "title": _text("Title"),
            "description": _text("Description"),
            "file_key": _text("FileKey"),
            "md5": _text("FileMd5"),
            "size": _as(_whole, "FileTotalLen"),
        },
    ),
}
_UNKNOWN_MESSAGE: Row = (values.UnknownMessage, {"msg_type": _text("MsgType")})

# --- events, by their name in lower case -------------------------------------------------------

_SCAN_CODE = {
    "key": _text("EventKey"),
    "scan_type": _text("ScanCodeInfo", "ScanType"),
    "scan_result": _text("ScanCodeInfo", "ScanResult"),
}
_PICTURES: Row = (
    values.MenuPictures,
    {"key": _text("EventKey"), "source": _event_name, "md5s": _md5s},
)
_PERSON = {"openid": _text("OpenID"), "appid": _text("AppID"), "unionid": _text("UnionID")}
_QUALIFICATION: Row = (
    values.Qualification,
    {
        "name": _event_name,
        "expires_at": _as(_instant, "ExpiredTime"),
        "reason": _text("FailReason"),
    },
)
_CARD: Row = (
    values.CardEvent,
    {
        "name": _event_name,
        "card_id": _text("CardId"),
        "code": _text("UserCardCode"),
        "outer": lambda f: _plain(f.get("OuterStr")) or _plain(f.get("OuterId")),
        "fee_fen": _as(_whole, "Fee"),
    },
)


def _agent(action: str, agent: str = "KfAccount") -> Row:
    reads = {"action": _always(action), "agent": _text(agent)}
    return values.AgentSession, {**reads, "previous_agent": _text("FromKfAccount")}


EVENTS: dict[str, Row] = {
    "subscribe": (
        values.Subscribe,
        {
            "scene": _as(_scene, "EventKey"),
            "event_key": _text("EventKey"),
            "ticket": _text("Ticket"),
        },
    ),
    "unsubscribe": (values.Unsubscribe, {}),
    "scan": (values.Scan, {"scene": _text("EventKey"), "ticket": _text("Ticket")}),
    "location": (
        values.LocationReport,
        {
            "latitude": _as(_number, "Latitude"),
            "longitude": _as(_number, "Longitude"),
            "precision": _as(_number, "Precision"),
        },
    ),
    "click": (values.MenuClick, {"key": _text("EventKey")}),
    "view": (values.MenuView, {"url": _text("EventKey"), "menu_id": _text("MenuId")}),
    "view_miniprogram": (
        values.MenuMiniProgram,
        {"page_path": _text("EventKey"), "menu_id": _text("MenuId")},
    ),
    "scancode_push": (values.MenuScanCode, {**_SCAN_CODE, "waits": _always(False)}),
    "scancode_waitmsg": (values.MenuScanCode, {**_SCAN_CODE, "waits": _always(True)}),
    "pic_sysphoto": _PICTURES,
    "pic_photo_or_album": _PICTURES,
    "pic_weixin": _PICTURES,
    "location_select": (
        values.MenuLocation,
        {
            "key": _text("EventKey"),
            "latitude": _as(_number, "SendLocationInfo", "Location_X"),
            "longitude": _as(_number, "SendLocationInfo", "Location_Y"),
            "label": _text("SendLocationInfo", "Label"),
            "place": _text("SendLocationInfo", "Poiname"),
        },
    ),
    "templatesendjobfinish": (
        values.TemplateSent,
        {"msgid": _text("MsgID"), "status": _as(_status, "Status")},
    ),
    "masssendjobfinish": (
        values.MassSent,
        {
            "msgid": _text("MsgID"),
            "status": _as(_status, "Status"),
            "total": _as(_whole, "TotalCount"),
            "filtered": _as(_whole, "FilterCount"),
            "sent": _as(_whole, "SentCount"),
            "errors": _as(_whole, "ErrorCount"),
        },
    ),
    "publishjobfinish": (
        values.Published,
        {
            "publish_id": _text("PublishEventInfo", "publish_id"),
            "status": _as(_whole, "PublishEventInfo", "publish_status"),
            "article_id": _text("PublishEventInfo", "article_id"),
        },
    ),
    "subscribe_msg_popup_event": (values.SubscriptionPopup, {"answers": _answers}),
    "subscribe_msg_change_event": (values.SubscriptionChange, {"answers": _answers}),
    "subscribe_msg_sent_event": (values.SubscriptionSent, {"answers": _answers}),
    "user_info_modified": (values.UserInfoModified, _PERSON),
    "user_authorization_revoke": (values.AuthorizationRevoked, {**_PERSON, "codes": _revoked}),
    "user_authorization_cancellation": (values.AuthorizationCancelled, _PERSON),
    "kf_create_session": _agent("create"),
    "kf_close_session": _agent("close"),
    "kf_switch_session": _agent("switch", "ToKfAccount"),
    "qualification_verify_success": _QUALIFICATION,
    "qualification_verify_fail": _QUALIFICATION,
    "naming_verify_success": _QUALIFICATION,
    "naming_verify_fail": _QUALIFICATION,
    "annual_renew": _QUALIFICATION,
    "verify_expired": _QUALIFICATION,
    "card_pass_check": _CARD,
    "card_not_pass_check": _CARD,
    "user_get_card": _CARD,
    "user_gifting_card": _CARD,
    "user_del_card": _CARD,
    "user_consume_card": _CARD,
    "user_pay_from_pay_cell": _CARD,
    "user_view_card": _CARD,
    "user_enter_session_from_card": _CARD,
    "update_member_card": _CARD,
    "submit_membercard_user_info": _CARD,
    "card_sku_remind": _CARD,
    "card_pay_order": _CARD,
}
_UNKNOWN_EVENT: Row = (
    values.UnknownEvent,
    {"name": _event_name, "event_key": _text("EventKey")},
)


def to_value(fields: Fields) -> Inbound:
    """The value of one push; UnknownMessage or UnknownEvent for a kind that has no row.

    Raises CallbackRejected(400, "bad_create_time"): without a time nothing can be put in order.
    """
    sent_at = _instant(_plain(fields.get("CreateTime")))
    if sent_at is None:
        raise CallbackRejected(400, "bad_create_time")
    msg_type = _plain(fields.get("MsgType")).lower()
    if msg_type == "event":
        kind, readers = EVENTS.get(_event_name(fields).lower(), _UNKNOWN_EVENT)
    else:
        kind, readers = MESSAGES.get(msg_type, _UNKNOWN_MESSAGE)
    envelope: dict[str, Any] = {
        "account": _plain(fields.get("ToUserName")),
        "openid": _plain(fields.get("FromUserName")),
        "sent_at": sent_at,
        "msg_id": _plain(fields.get("MsgId")),
        "raw": fields,
    }
    return kind(**envelope | {name: read(fields) for name, read in readers.items()})
