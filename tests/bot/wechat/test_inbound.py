from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import CallbackRejected
from bot.values import inbound as values
from bot.values.inbound import SubscriptionAnswer
from bot.wechat import markup
from bot.wechat.inbound import EVENTS, MESSAGES, to_value
from tests.bot.wechat.envelopes import ACCOUNT, OPENID, push

SENT_AT = datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)


def value_of(fields: str):
    return to_value(markup.read(push(fields)))


def message(msg_type: str, fields: str = ""):
    return value_of(f"<MsgType><![CDATA[{msg_type}]]></MsgType>{fields}<MsgId>249</MsgId>")


def event(name: str, fields: str = ""):
    return value_of(
        f"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{name}]]></Event>{fields}"
    )


def own(value) -> dict[str, object]:
    """The fields that differ from the envelope's, and the class."""
    envelope = {"account", "openid", "sent_at", "msg_id", "raw"}
    names = [n for c in type(value).__mro__ for n in getattr(c, "__slots__", ())]
    return {name: getattr(value, name) for name in names if name not in envelope}


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        pytest.param(
            message("text", "<Content> 你好 😀 </Content>"),
            values.TextMessage,
            {"text": "你好 😀", "menu_id": ""},
            id="text, stripped",
        ),
        pytest.param(
            message("text", "<Content/><bizmsgmenuid>101</bizmsgmenuid>"),
            values.TextMessage,
            {"text": "", "menu_id": "101"},
            id="text from a message menu, empty",
        ),
        pytest.param(
            message("image", "<PicUrl>https://p</PicUrl><MediaId>m</MediaId>"),
            values.ImageMessage,
            {"media_id": "m", "pic_url": "https://p"},
            id="image",
        ),
        pytest.param(
            message(
                "voice",
                "<MediaId>m</MediaId><Format>amr</Format><MediaId16K>n</MediaId16K>"
                "<Recognition>咖啡</Recognition>",
            ),
            values.VoiceMessage,
            {"media_id": "m", "format": "amr", "media_id_16k": "n", "recognition": "咖啡"},
            id="voice with recognition",
        ),
        pytest.param(
            message("voice", "<Recongnition>茶</Recongnition>"),
            values.VoiceMessage,
            {"media_id": "", "format": "", "media_id_16k": "", "recognition": "茶"},
            id="voice with the misspelt field",
        ),
        pytest.param(
            message("video", "<MediaId>m</MediaId><ThumbMediaId>t</ThumbMediaId>"),
            values.VideoMessage,
            {"media_id": "m", "thumb_media_id": "t", "short": False},
            id="video",
        ),
        pytest.param(
            message("shortvideo", "<MediaId>m</MediaId>"),
            values.VideoMessage,
            {"media_id": "m", "thumb_media_id": "", "short": True},
            id="short video",
        ),
        pytest.param(
            message(
                "location",
                "<Location_X>39.9</Location_X><Location_Y>116.4</Location_Y>"
                "<Scale>16</Scale><Label>北京</Label>",
            ),
            values.LocationMessage,
            {"latitude": 39.9, "longitude": 116.4, "scale": 16.0, "label": "北京"},
            id="location",
        ),
        pytest.param(
            message("location", "<Location_X>nan</Location_X><Location_Y>east</Location_Y>"),
            values.LocationMessage,
            {"latitude": 0.0, "longitude": 0.0, "scale": 0.0, "label": ""},
            id="location that is no place",
        ),
        pytest.param(
            message("link", "<Title>t</Title><Description>d</Description><Url>https://u</Url>"),
            values.LinkMessage,
            {"title": "t", "description": "d", "url": "https://u"},
            id="link",
        ),
        pytest.param(
            message(
                "file",
                "<Title>t</Title><Description>d</Description><FileKey>k</FileKey>"
                "<FileMd5>5</FileMd5><FileTotalLen>12</FileTotalLen>",
            ),
            values.FileMessage,
            {"title": "t", "description": "d", "file_key": "k", "md5": "5", "size": 12},
            id="file",
        ),
        pytest.param(
            message("hologram", "<Depth>3</Depth>"),
            values.UnknownMessage,
            {"msg_type": "hologram"},
            id="a kind of tomorrow",
        ),
        pytest.param(value_of(""), values.UnknownMessage, {"msg_type": ""}, id="no kind at all"),
    ],
)
def test_messages(value, kind, expected):
    assert type(value) is kind
    assert own(value) == expected
    assert (value.account, value.openid, value.sent_at) == (ACCOUNT, OPENID, SENT_AT)


SUBSCRIBED = (
    "<List><TemplateId>T1</TemplateId><SubscribeStatusString>accept</SubscribeStatusString>"
    "<PopupScene>1</PopupScene></List>"
)
SENT = (
    "<List><TemplateId>T1</TemplateId><MsgID>17</MsgID><ErrorCode>0</ErrorCode>"
    "<ErrorStatus>success</ErrorStatus></List>"
)
REFUSED = SubscriptionAnswer("T2", "reject")
REFUSED_XML = (
    "<List><TemplateId>T2</TemplateId><SubscribeStatusString>reject</SubscribeStatusString></List>"
)
PICTURES = (
    "<EventKey>k</EventKey><SendPicsInfo><Count>{}</Count><PicList>{}</PicList></SendPicsInfo>"
)
ITEM = "<item><PicMd5Sum>{}</PicMd5Sum></item>"
CARD = "<CardId>c</CardId><UserCardCode>9</UserCardCode>"


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        pytest.param(
            event("subscribe", "<EventKey/>"),
            values.Subscribe,
            {"scene": "", "event_key": "", "ticket": ""},
            id="follows",
        ),
        pytest.param(
            event("subscribe", "<EventKey>qrscene_camp01</EventKey><Ticket>t</Ticket>"),
            values.Subscribe,
            {"scene": "camp01", "event_key": "qrscene_camp01", "ticket": "t"},
            id="follows by a parametric code",
        ),
        pytest.param(
            event("subscribe", "<EventKey>last_trade_no_42</EventKey>"),
            values.Subscribe,
            {"scene": "", "event_key": "last_trade_no_42", "ticket": ""},
            id="follows after paying",
        ),
        pytest.param(event("unsubscribe"), values.Unsubscribe, {}, id="leaves"),
        pytest.param(
            event("SCAN", "<EventKey>camp01</EventKey><Ticket>t</Ticket>"),
            values.Scan,
            {"scene": "camp01", "ticket": "t"},
            id="scans as a follower",
        ),
        pytest.param(
            event(
                "LOCATION",
                "<Latitude>23.1</Latitude><Longitude>113.3</Longitude><Precision>119</Precision>",
            ),
            values.LocationReport,
            {"latitude": 23.1, "longitude": 113.3, "precision": 119.0},
            id="reports a place",
        ),
        pytest.param(
            event("CLICK", "<EventKey>V1_DEAL</EventKey>"),
            values.MenuClick,
            {"key": "V1_DEAL"},
            id="taps a menu button",
        ),
        pytest.param(
            event("VIEW", "<EventKey>https://u</EventKey><MenuId>4</MenuId>"),
            values.MenuView,
            {"url": "https://u", "menu_id": "4"},
            id="opens a menu page",
        ),
        pytest.param(
            event("view_miniprogram", "<EventKey>pages/m</EventKey><MenuId>4</MenuId>"),
            values.MenuMiniProgram,
            {"page_path": "pages/m", "menu_id": "4"},
            id="opens a mini-program from the menu",
        ),
        *(
            pytest.param(
                event(
                    name,
                    "<EventKey>k</EventKey><ScanCodeInfo><ScanType>qrcode</ScanType>"
                    "<ScanResult>1</ScanResult></ScanCodeInfo>",
                ),
                values.MenuScanCode,
                {"key": "k", "waits": waits, "scan_type": "qrcode", "scan_result": "1"},
                id=f"scans from the menu: {name}",
            )
            for name, waits in (("scancode_push", False), ("scancode_waitmsg", True))
        ),
        pytest.param(
            event("pic_sysphoto", PICTURES.format(1, ITEM.format("a"))),
            values.MenuPictures,
            {"key": "k", "source": "pic_sysphoto", "md5s": ("a",)},
            id="one picture: the list is a bare item",
        ),
        pytest.param(
            event("pic_photo_or_album", PICTURES.format(2, ITEM.format("a") + ITEM.format("b"))),
            values.MenuPictures,
            {"key": "k", "source": "pic_photo_or_album", "md5s": ("a", "b")},
            id="two pictures",
        ),
        pytest.param(
            event("pic_weixin", PICTURES.format(0, "")),
            values.MenuPictures,
            {"key": "k", "source": "pic_weixin", "md5s": ()},
            id="no picture",
        ),
        pytest.param(
            event(
                "location_select",
                "<EventKey>k</EventKey><SendLocationInfo><Location_X>1.5</Location_X>"
                "<Location_Y>2.5</Location_Y><Scale>15</Scale><Label>l</Label><Poiname>p</Poiname>"
                "</SendLocationInfo>",
            ),
            values.MenuLocation,
            {"key": "k", "latitude": 1.5, "longitude": 2.5, "label": "l", "place": "p"},
            id="chooses a place from the menu",
        ),
        *(
            pytest.param(
                event("TEMPLATESENDJOBFINISH", f"<MsgID>20</MsgID><Status>{pushed}</Status>"),
                values.TemplateSent,
                {"msgid": "20", "status": status},
                id=f"template receipt: {pushed}",
            )
            for pushed, status in (
                ("success", "success"),
                ("failed:user block", "failed:user block"),
                ("failed: system failed", "failed:system failed"),
                ("failed : system  failed", "failed:system failed"),
            )
        ),
        pytest.param(
            event(
                "MASSSENDJOBFINISH",
                "<MsgID>34</MsgID><Status>send success</Status><TotalCount>100</TotalCount>"
                "<FilterCount>80</FilterCount><SentCount>75</SentCount><ErrorCount>5</ErrorCount>"
                "<CopyrightCheckResult><Count>0</Count><ResultList> </ResultList>"
                "</CopyrightCheckResult>",
            ),
            values.MassSent,
            {
                **{"msgid": "34", "status": "send success", "total": 100},
                **{"filtered": 80, "sent": 75, "errors": 5},
            },
            id="mass receipt",
        ),
        pytest.param(
            event(
                "PUBLISHJOBFINISH",
                "<PublishEventInfo><publish_id>9</publish_id><publish_status>0</publish_status>"
                "<article_id>a</article_id></PublishEventInfo>",
            ),
            values.Published,
            {"publish_id": "9", "status": 0, "article_id": "a"},
            id="publish receipt",
        ),
        pytest.param(
            event(
                "subscribe_msg_popup_event",
                f"<SubscribeMsgPopupEvent>{SUBSCRIBED}{REFUSED_XML}</SubscribeMsgPopupEvent>",
            ),
            values.SubscriptionPopup,
            {"answers": (SubscriptionAnswer("T1", "accept", "1"), REFUSED)},
            id="answers a subscription popup for two templates",
        ),
        pytest.param(
            event(
                "subscribe_msg_change_event",
                f"<SubscribeMsgChangeEvent>{REFUSED_XML}</SubscribeMsgChangeEvent>",
            ),
            values.SubscriptionChange,
            {"answers": (REFUSED,)},
            id="takes a subscription back",
        ),
        pytest.param(
            event(
                "subscribe_msg_change_event",
                f"<SubscribeMsgPopupEvent>{REFUSED_XML}</SubscribeMsgPopupEvent>",
            ),
            values.SubscriptionChange,
            {"answers": (REFUSED,)},
            id="takes it back, in the popup's wrapper",
        ),
        pytest.param(
            event(
                "subscribe_msg_sent_event", f"<SubscribeMsgSentEvent>{SENT}</SubscribeMsgSentEvent>"
            ),
            values.SubscriptionSent,
            {"answers": (SubscriptionAnswer("T1", "", "", "17", "0", "success"),)},
            id="subscription receipt",
        ),
        *(
            pytest.param(
                event(name, f"<{field}>a@gh</{field}><FromKfAccount>b@gh</FromKfAccount>"),
                values.AgentSession,
                {"action": action, "agent": "a@gh", "previous_agent": "b@gh"},
                id=f"an agent: {action}",
            )
            for name, action, field in (
                ("kf_create_session", "create", "KfAccount"),
                ("kf_close_session", "close", "KfAccount"),
                ("kf_switch_session", "switch", "ToKfAccount"),
            )
        ),
        pytest.param(
            event("verify_expired", "<ExpiredTime>1760000000</ExpiredTime>"),
            values.Qualification,
            {"name": "verify_expired", "expires_at": SENT_AT, "reason": ""},
            id="verification is over",
        ),
        pytest.param(
            event("naming_verify_fail", "<FailTime>1</FailTime><FailReason>no</FailReason>"),
            values.Qualification,
            {"name": "naming_verify_fail", "expires_at": None, "reason": "no"},
            id="verification failed",
        ),
        pytest.param(
            event("user_get_card", f"{CARD}<OuterStr>shop</OuterStr>"),
            values.CardEvent,
            {"name": "user_get_card", "card_id": "c", "code": "9", "outer": "shop", "fee_fen": 0},
            id="takes a card",
        ),
        pytest.param(
            event("user_pay_from_pay_cell", f"{CARD}<Fee>3980</Fee>"),
            values.CardEvent,
            {
                **{"name": "user_pay_from_pay_cell", "card_id": "c", "code": "9"},
                **{"outer": "", "fee_fen": 3980},
            },
            id="pays with a card",
        ),
        pytest.param(
            event("teleport", "<EventKey>k</EventKey>"),
            values.UnknownEvent,
            {"name": "teleport", "event_key": "k"},
            id="an event of tomorrow",
        ),
    ],
)
def test_events(value, kind, expected):
    assert type(value) is kind
    assert own(value) == expected
    assert (value.openid, value.msg_id) == (OPENID, "")


PERSON = "<OpenID>o-real</OpenID><AppID>wx1</AppID>"


@pytest.mark.parametrize(
    ("name", "fields", "kind", "openid", "codes"),
    [
        ("user_info_modified", PERSON, values.UserInfoModified, "o-real", None),
        ("user_info_modified", "", values.UserInfoModified, "", None),
        ("user_authorization_cancellation", PERSON, values.AuthorizationCancelled, "o-real", None),
        (
            "user_authorization_revoke",
            f"{PERSON}<RevokeInfo>[206, 207]</RevokeInfo>",
            values.AuthorizationRevoked,
            "o-real",
            ("206", "207"),
        ),
        (
            "user_authorization_revoke",
            f"{PERSON}<RevokeInfo>201</RevokeInfo><RevokeInfo>202</RevokeInfo>",
            values.AuthorizationRevoked,
            "o-real",
            ("201", "202"),
        ),
    ],
)
def test_the_person_of_a_privacy_event_is_never_its_sender(name, fields, kind, openid, codes):
    value = event(name, fields)
    assert type(value) is kind
    assert value.openid == openid
    assert getattr(value, "codes", None) == codes


@pytest.mark.parametrize("time", ["", "soon", "-1", "0", "99", "9" * 12, "9" * 5000, "1e9"])
def test_without_a_time_nothing_is_stored(time):
    with pytest.raises(CallbackRejected) as refused:
        to_value({"CreateTime": time, "MsgType": "text"})
    assert (refused.value.status, refused.value.reason) == (400, "bad_create_time")


def test_raw_keeps_every_field():
    value = message("text", "<Content>a</Content><New><Thing>1</Thing></New>")
    assert value.raw["New"] == {"Thing": "1"}
    assert value.raw["Content"] == "a"


def test_two_events_of_one_second_have_two_keys():
    first, second = event("CLICK", "<EventKey>a</EventKey>"), event("LOCATION")
    assert first.dedupe_key != second.dedupe_key
    assert first.dedupe_key == event("CLICK", "<EventKey>a</EventKey>").dedupe_key


ODD = st.recursive(
    st.text(max_size=8) | st.just("1760000000"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(
    st.sampled_from([*MESSAGES, "event"]),
    st.sampled_from([*EVENTS]),
    st.dictionaries(
        st.sampled_from(
            [
                *("EventKey", "Content", "MsgId", "Location_X", "SendPicsInfo", "ScanCodeInfo"),
                *("SubscribeMsgPopupEvent", "RevokeInfo", "TotalCount", "ExpiredTime", "OpenID"),
            ]
        ),
        ODD,
    ),
)
def test_fields_of_any_shape_make_a_value(msg_type, name, fields):
    base = {"CreateTime": "1760000000", "MsgType": msg_type, "Event": name}
    assert to_value({**base, **fields}).sent_at == SENT_AT
