"""Errcodes as errors of ours, and in words.

Platform rule: the HTTP status is 200 even for a refusal; `errcode` says what happened, and `errmsg`
ends in a request id (rid) under which the platform keeps the call for a week.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.errors import (
    GatewayError,
    MessageRefused,
    QuotaExhausted,
    RequestRejected,
    TokenRejected,
    Transient,
    UserUnreachable,
)
from bot.wechat.errcode_table import TABLE, WECOM, Action, Entry, Retry

ENTRIES: dict[int, Entry] = {code: entry for entry in TABLE for code in entry.codes}
WECOM_ENTRIES: dict[int, Entry] = {code: entry for entry in WECOM for code in entry.codes}

# Wrong appid or secret, address not allowed, secret frozen: no call works until a human acts.
ALARMS = frozenset({40013, 40125, 40164, 40243, 61004, 89503, 89506, 89507})

_ERRORS: dict[Action, type[GatewayError]] = {
    Action.REFRESH: TokenRejected,
    Action.BACKOFF: Transient,
    Action.NEXT_DAY: QuotaExhausted,
    Action.UNSUB: UserUnreachable,
    Action.DROP: MessageRefused,
    Action.STOP: RequestRejected,
    Action.FIX: RequestRejected,
    Action.OK: MessageRefused,  # done before: repeating it is never right
}
_ENGLISH: dict[Action, str] = {
    Action.REFRESH: "the token is fetched again and the call retried once",
    Action.BACKOFF: "retried after a pause",
    Action.NEXT_DAY: "waits until the platform's quota is reset",
    Action.UNSUB: "this follower cannot be reached here any more",
    Action.DROP: "this one message is dropped",
    Action.STOP: "the campaign stops until a human has looked",
    Action.FIX: "mend the configuration or the request; repeating does not help",
    Action.OK: "counts as done",
}
_UNKNOWN = {
    "en": "unknown code: not retried; look it up by the rid in the platform's error text",
    "zh": "未知错误码：不会重试，请用错误信息中的 rid 在微信开发者平台查询",
}
_RID = re.compile(r"rid:\s*([0-9A-Za-z-]+)")


def error_for(errcode: int, errmsg: str, *, wecom: bool = False) -> GatewayError:
    """The error that tells the catcher what to do. An unknown code is RequestRejected: pausing is
    safer than repeating. Alarms carry in words what to mend."""
    entry = (WECOM_ENTRIES.get(errcode) if wecom else None) or ENTRIES.get(errcode)
    if errcode in ALARMS and not wecom:
        errmsg = f"{errmsg} ({advice(errcode, 'en')})"
    return (_ERRORS[entry.action] if entry else RequestRejected)(errcode, errmsg)


def advice(errcode: int, lang: str = "zh") -> str:
    """What to do about it, in one sentence of `zh` or `en`."""
    entry = ENTRIES.get(errcode)
    if entry is None:
        return _UNKNOWN["en" if lang == "en" else "zh"]
    if lang != "en":
        return entry.chinese
    return f"{entry.meaning}: {entry.english or _ENGLISH[entry.action]}"


def retryable(errcode: int) -> bool:
    """The same call can succeed without anybody changing anything."""
    entry = ENTRIES.get(errcode)
    return entry is not None and entry.retry is not Retry.NO


def rid_of(errmsg: str) -> str:
    """The request id in the platform's words, "" where it has none."""
    found = _RID.search(errmsg)
    return found[1] if found else ""


def reference() -> str:
    """docs/reference/errcodes.md; `python -m bot.wechat.errcodes` writes it to stdout."""
    actions = "\n".join(
        f"| {action.value} | {_ERRORS[action].__name__} | {_ENGLISH[action]} |" for action in Action
    )
    return (
        "# Error codes 错误码\n\n"
        "Generated from `bot/wechat/errcode_table.py` by `python -m bot.wechat.errcodes`; a test"
        " keeps both equal.\nThe platform answers HTTP 200 even when it refuses: `errcode` tells."
        " An unknown code is RequestRejected and is not retried.\n"
        "No answer, a 5xx or a body that is no JSON is OutcomeUnknown; no connection is"
        " GatewayDown.\n\n"
        "| action | error | what happens |\n| --- | --- | --- |\n"
        f"{actions}\n\n## Official Account 公众号与服务号\n\n{_rows(TABLE)}\n"
        f"## WeCom 企业微信, where it differs\n\n{_rows(WECOM)}"
    )


def _rows(entries: Iterable[Entry]) -> str:
    head = "| code | meaning | action | retry | advice | 建议 |\n" + "| --- " * 6 + "|\n"
    return head + "".join(
        f"| {_ranges(entry.codes)} | {entry.meaning} | {entry.action.value} | {entry.retry.value} |"
        f" {entry.english or _ENGLISH[entry.action]} | {entry.chinese} |\n"
        for entry in entries
    )


def _ranges(codes: tuple[int, ...]) -> str:
    """(1, 2, 3, 7) as "1–3, 7"."""
    runs: list[list[int]] = []
    for code in sorted(codes):
        if runs and code == runs[-1][-1] + 1:
            runs[-1].append(code)
        else:
            runs.append([code])
    return ", ".join(
        f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs
    )


if __name__ == "__main__":
    import sys

    sys.stdout.write(reference())
