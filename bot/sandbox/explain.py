"""Why the platform did what it did, and what to do about it, in a sentence or two."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.sandbox.explain_codes import words
from bot.sandbox.traffic import Exchange

_RID = re.compile(r"\s*rid: \S+$")


@dataclass(frozen=True, slots=True)
class Explanation:
    """Chinese first; English small beside it."""

    zh: str
    en: str


# The judge's reasons (bot.sandbox.judge, crypto, xml), as patterns, first match first.
_FAULTS = (
    (
        r"ToUserName is not the follower",
        "回复的 ToUserName 不是发消息的粉丝：回复时要把收到的 FromUserName 和 ToUserName 对调。",
        "ToUserName is not the follower: swap the push's FromUserName and ToUserName.",
    ),
    (
        r"FromUserName is not the account",
        "回复的 FromUserName 不是公众号的原始 ID（gh_…）：要用收到的 ToUserName。",
        "FromUserName must be the account's original id: the push's ToUserName.",
    ),
    (
        r"CreateTime is not a number",
        "回复里没有 CreateTime，或它不是整数秒。",
        "CreateTime is missing or no whole number of seconds.",
    ),
    (
        r"unknown MsgType",
        "回复的 MsgType 不认识：只能是 text、image、voice、video、music、news "
        "或 transfer_customer_service。",
        "Unknown MsgType in the reply.",
    ),
    (
        r"empty Content",
        "文字回复的 Content 是空的。不想回复时要答 success 或空串，不能回空内容的 XML。",
        "Empty Content. To say nothing answer success or an empty body.",
    ),
    (
        r"Content over (\d+) bytes",
        "文字回复超过 {0} 字节（UTF-8，约 680 个汉字）：请截短或分条用客服消息发。",
        "Text over {0} bytes of UTF-8: cut it, or send the rest as customer-service messages.",
    ),
    (
        r"news without articles",
        "图文回复里没有 Articles/item。",
        "News without Articles/item.",
    ),
    (
        r"ArticleCount is not the number of articles",
        "ArticleCount 与实际的文章篇数不一致。",
        "ArticleCount is not the number of articles.",
    ),
    (
        r"over (\d+) articles",
        "图文超过 {0} 篇：回复粉丝的消息只能 1 篇，其他情况最多 8 篇。多了就什么也不显示。",
        "Over {0} articles: one when answering a message, eight otherwise.",
    ),
    (
        r"an article wants one Title",
        "每篇图文要有 Title、Description、PicUrl、Url，各一次。",
        "An article wants Title, Description, PicUrl and Url, once each.",
    ),
    (
        r"TransInfo without KfAccount",
        "转人工时写了 TransInfo，里面却没有 KfAccount。",
        "TransInfo without KfAccount.",
    ),
    (
        r"(\w+) with a field twice",
        "{0} 回复里有字段出现了两次。",
        "{0} reply with a field twice.",
    ),
    (
        r"(\w+) is no (\w+) of ours",
        "回复里的 {0} 不是有效的 {1} 素材：不存在、已过期，或类型不对。",
        "{0} names no {1} of this account: unknown, expired or of another kind.",
    ),
    (
        r"HTTP (\d+)",
        "答复的状态是 HTTP {0}，不是 200。",
        "The answer's status was HTTP {0}.",
    ),
    (
        r"(\w+) without (\w+)",
        "{0} 回复里缺少 {1}：先上传素材，再填 media_id。",
        "{0} reply without {1}: upload the media first.",
    ),
    (
        r"not encrypted",
        "安全模式下回复必须加密，收到的却是明文。只有 success 和空串可以不加密。",
        "Safe mode wants an encrypted reply; only success and the empty body stay bare.",
    ),
    (
        r"encrypted in plain mode",
        "明文模式下收到了加密的回复：检查两边的消息加解密方式是否一致。",
        "Encrypted reply in plain mode: both sides must use the same mode.",
    ),
    (
        r"envelope wants",
        "加密回复要有 Encrypt、MsgSignature、TimeStamp、Nonce 四项，各一次。",
        "An encrypted reply wants Encrypt, MsgSignature, TimeStamp and Nonce, once each.",
    ),
    (
        r"wrong MsgSignature",
        "回复的 MsgSignature 不对：用 Token 和回复自己的 TimeStamp、Nonce、Encrypt 排序后取 sha1。",
        "Wrong MsgSignature: sha1 over the reply's sorted token, TimeStamp, Nonce, Encrypt.",
    ),
    (
        r"not base64|not whole blocks|wrong padding|too short|another appid|not UTF-8",
        "回复解不开：检查 EncodingAESKey、按 32 字节补位，以及末尾的 AppID。",
        "The reply cannot be decrypted: check EncodingAESKey, padding to 32 bytes, and the appid.",
    ),
    (
        r"document type is not allowed",
        "回复的 XML 里有 DOCTYPE，平台不接受。",
        "A document type in the reply's XML is refused.",
    ),
    (
        r".",
        "回复不是合法的 <xml>：只接受 success、空串或规定格式的 XML，"
        "JSON、网页和断开的 CDATA 都算故障。",
        "The answer is no well-formed <xml>; JSON, web pages and broken CDATA are faults.",
    ),
)
_SHOWN = "粉丝会看到故障提示。"
_SHOWN_EN = "The follower sees the fault notice."
_SILENT = "答了 success 或空串，或这是粉丝看不见的事件：什么也不显示，不再推送。"
_SILENT_EN = "Answered success or nothing, or an event without a reply: nothing is shown."

_DROPPED = "一分钟内失败太多（MarkFail），平台暂停推送一分钟：这一条没有投递，也不会补推。"
_DROPPED_EN = "Too many failures: nothing is pushed for a minute, nor kept for later (MarkFail)."


def explain(one: Exchange) -> Explanation:
    return _call(one) if one.way == "call" else _push(one)


def explain_errcode(errcode: int, errmsg: str = "") -> Explanation:
    """In words of our own; else the platform's, with advice that fits any refusal."""
    if found := words(errcode):
        return Explanation(f"{errcode}：{found[0]}", found[1])
    said = _RID.sub("", errmsg) or "system error"
    return Explanation(
        f"{errcode}：平台拒绝了这次调用（{said}）。不要原样重试；对照文档检查参数和权限。",
        f"Refused: {said}. Do not repeat it as it is; check parameters and rights.",
    )


def explain_fault(reason: str) -> Explanation:
    """A reason of the judge's."""
    for pattern, zh, en in _FAULTS:
        if found := re.search(pattern, reason, re.DOTALL):
            return Explanation(zh.format(*found.groups()), en.format(*found.groups()))
    return Explanation("这个答复不被接受。", "The answer is not accepted.")


def _call(one: Exchange) -> Explanation:
    if one.outcome == "0":
        return _done(one)
    if one.outcome.isupper():
        zh = f"微信支付拒绝了这次请求（{one.outcome}）：{one.rule}。"
        return Explanation(zh, f"WeChat Pay refused: {one.outcome}.")
    if not one.outcome.lstrip("-").isdigit():
        return Explanation(
            f"按设定的故障作答：{one.rule}。", f"A fault that was armed: {one.rule}."
        )
    said = one.rule.partition(",")[0]
    if one.what.startswith(("/cgi-bin/externalcontact/", "/cgi-bin/gettoken")):
        zh = f"{one.outcome}：企业微信拒绝了这次调用（{said}）。"
        return Explanation(zh, f"WeCom refused: {said}.")
    return explain_errcode(int(one.outcome), one.rule)


def _done(one: Exchange) -> Explanation:
    """What was noted at the call; of WeChat Pay, which has no counts, that it was taken."""
    if one.told[0]:
        return Explanation(*one.told)
    if one.what.startswith(("/v3/", "/brand/")):
        zh = "微信支付验过签名，办理了这次请求：应答也带签名，用之前要先验。"
        return Explanation(zh, "WeChat Pay checked the signature and did it: verify the answer's.")
    return Explanation("成功。", "Done.")


def _push(one: Exchange) -> Explanation:
    if one.outcome == "answered":
        zh, en = "被动回复合格，已显示给粉丝。", "A proper passive reply: the follower sees it."
        return Explanation(zh, en)
    if one.outcome == "silent":
        return Explanation(_SILENT, _SILENT_EN)
    if one.outcome == "dropped":
        return Explanation(_DROPPED, _DROPPED_EN)
    if one.outcome == "fault":
        why = explain_fault(one.rule)
        return Explanation(f"{why.zh}不再重试。{_SHOWN}", f"{why.en} No retry. {_SHOWN_EN}")
    return _unanswered(one)


def _unanswered(one: Exchange) -> Explanation:
    """late and refused: delivered again, three times in all."""
    if one.outcome == "late":
        zh, en = "5 秒内没有收到完整的答复，平台断开连接。", "No complete answer within 5 s."
    elif one.rule.startswith("HTTP"):
        zh, en = f"答复的状态是 {one.rule}，不是 200。", f"The answer's status was {one.rule}."
    elif one.rule == "there is no program":
        zh, en = "还没有设置回调地址。", "No callback address is set."
    else:
        zh, en = "连不上回调地址，或连接中断。", "No connection, or it broke."
    if one.delivery >= 3:
        return Explanation(
            f"{zh}三次都失败，放弃这次推送。{_SHOWN}", f"{en} The last try. {_SHOWN_EN}"
        )
    return Explanation(
        f"{zh}同一条会再推（共三次，MsgId 和 CreateTime 不变）：先答 success，"
        "慢的事放到后台做，并按 MsgId 去重。",
        f"{en} Pushed again, three times in all: answer first, work later, drop repeats by MsgId.",
    )
