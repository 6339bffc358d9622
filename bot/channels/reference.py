"""The table of docs/reference/channels.md; `python -m bot.channels.reference` prints it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import timedelta

from bot.channels.registry import CHANNELS, Form, Right, Way
from bot.i18n import t
from bot.values.audience import Purpose

_HEAD = ("channel", "purpose", "needs", "form", "API, calls a day", "duplicate id", "arrives",
         "told by")  # fmt: skip
_FORMS = {
    Form.ONE: "a call each",
    Form.LIST: "a call for {least:,} to {most:,} openids",
    Form.TAG: "a call for up to {most:,}, tagged first",
    Form.ANSWER: "no call: it answers the follower's act",
}
_RIGHTS = {
    Right.NONE: "",
    Right.WINDOW: "an open window",
    Right.TOKEN: "one acceptance for each message",
    Right.MONTHLY: "one of four a calendar month",
}


def table() -> str:
    """Markdown, a row a channel."""
    rows = [_line(_HEAD), _line(["---"] * len(_HEAD))]
    return "\n".join(rows + [_row(way) for way in CHANNELS.values()]) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _row(way: Way) -> str:
    purposes = ", ".join(p.value for p in Purpose if p in way.purposes)
    form = _FORMS[way.form].format(least=way.least, most=way.most)
    calls = f"`{way.api}`, {way.daily_limit:,}" if way.api else ""
    span = f"`{way.duplicate_key}`, {_words(way.duplicate_span)}" if way.duplicate_span else ""
    name = f"`{way.channel.value}` {t(f'fan.channel.{way.channel.value}', 'zh')}"
    wants = f"`{way.wants}` in the document" if way.wants else ""
    needs = "; ".join(part for part in (_RIGHTS[way.right], wants) if part)
    arrives = f"within {_words(way.takes)}" if way.takes else "at once"
    told = ", ".join(f"`{kind}`" for kind in way.receipts)
    return _line([name, purposes, needs, form, calls, span, arrives, told])


def _words(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for unit, name in ((3600, "hours"), (60, "minutes")):
        if seconds >= unit:
            return f"{seconds // unit} {name}"
    return "seconds"


if __name__ == "__main__":
    sys.stdout.write(table())
