"""模板消息: service notices that a follower's own act asked for, never an offer."""

from __future__ import annotations

from collections.abc import Mapping

from bot.wechat.calls import Call, template

FIELD_LIMIT = 20  # characters; the platform cuts longer ones without a word (since 2023-05-04)


def notice_call(
    key: object, openid: str, template_id: str, fields: Mapping[str, str], url: str, client_id: str
) -> Call:
    """One notice. `client_id`: the platform drops a repeat to the same openid for ten minutes."""
    data = {name: _one_line(text) for name, text in fields.items()}
    return template(key, openid, template_id, data, url, client_id)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:FIELD_LIMIT]
