"""What of a push is an impersonal fact, and which customer-service window it opens."""

from __future__ import annotations

from typing import Any

from bot.values import inbound
from bot.values.audience import Understanding, WindowKind
from bot.values.inbound import Inbound


def text_of(message: Inbound) -> str:
    """The words a follower said, typed or recognised; "" for anything else."""
    if isinstance(message, inbound.TextMessage):
        return message.text
    if isinstance(message, inbound.VoiceMessage):
        return message.recognition
    return ""


def facts_of(message: Inbound, understanding: Understanding | None) -> dict[str, Any]:
    """The plain part of the event: nothing that says who, where or in which words."""
    if understanding is not None:
        return _said(understanding)
    match message:
        case inbound.Subscribe(scene=scene) | inbound.Scan(scene=scene):
            return {"scene": scene}
        case inbound.MenuClick(key=key) | inbound.MenuScanCode(key=key):
            return {"key": key}
        case inbound.MenuPictures(key=key) | inbound.MenuLocation(key=key):
            return {"key": key}
        case inbound.MenuMiniProgram(page_path=page_path):
            return {"key": page_path}
        case inbound.MenuView(url=url):
            return {"url": url}
        case inbound.AgentSession(action=action):
            return {"action": action}
        case inbound.TemplateSent(msgid=msgid, status=status):
            return {"msgid": msgid, "status": status}
        case inbound.MassSent():
            return {
                "msgid": message.msgid,
                "status": message.status,
                "total": message.total,
                "filtered": message.filtered,
                "sent": message.sent,
                "errors": message.errors,
            }
        case inbound.AuthorizationRevoked(codes=codes):
            return {"codes": list(codes)}
        case inbound.Qualification(name=name) | inbound.UnknownEvent(name=name):
            return {"name": name}
        case inbound.CardEvent(name=name, card_id=card_id, fee_fen=fee_fen):
            return {"name": name, "card_id": card_id, "amount_fen": fee_fen}
    return {}


# Kinds of entities that are things, not people's own: what somebody asks about.
_IMPERSONAL = ("product", "brand", "city", "topic")


def _said(understanding: Understanding) -> dict[str, Any]:
    """What was meant, in words of ours. Telephones, amounts and dates stay in the sealed part."""
    facts: dict[str, Any] = {"topics": understanding.topics, "word": understanding.word}
    if understanding.intent:
        facts["intent"] = understanding.intent
        facts["confidence"] = round(understanding.confidence, 3)
    if understanding.refused:
        facts["refused"] = True
    if understanding.sentiment:
        facts["sentiment"] = round(understanding.sentiment, 2)
    if understanding.anger:
        facts["anger"] = round(understanding.anger, 2)
    named = [[e.kind, e.value] for e in understanding.entities if e.kind in _IMPERSONAL]
    if named:
        facts["named"] = named[:10]
    return facts


def window_of(message: Inbound) -> WindowKind | None:
    """The window this act opens. A tap on a message menu arrives as text and counts as a click."""
    match message:
        case inbound.TextMessage(menu_id=menu_id) if menu_id:
            return WindowKind.CLICK
        case inbound.Message():
            return WindowKind.MESSAGE
        case inbound.MenuClick() | inbound.MenuScanCode():
            return WindowKind.CLICK
        case inbound.Subscribe():
            return WindowKind.SUBSCRIBE
        case inbound.Scan():
            return WindowKind.SCAN
    return None
