"""docs/reference/lint-rules.md, made of the rules themselves.

Write the file anew with: python -m bot.content.reference > docs/reference/lint-rules.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from bot.content.findings import Rule, Severity
from bot.content.linting import RULES
from bot.i18n import catalogue

_HEAD = """\
# Rules of the linter

What `hongyan content lint` and publishing look at; campaigns are looked at by the same rules. An
**error** is not published or sent; a **warning** wants a person to look; a **hint** is good advice.
How it works, and what it cannot know: [the content library](../explanation/content.md).

This page is written by `python -m bot.content.reference`; a test holds it to the code. In the
words, `{quote}` is the place in the text.
"""
_EVERYWHERE = "all"


def page() -> str:
    """The whole page as Markdown."""
    return "\n".join((_HEAD, *(line for severity in Severity for line in _section(severity))))


def _section(severity: Severity) -> Iterator[str]:
    rules = [rule for rule in RULES.values() if rule.severity is severity]
    yield f"## {severity.value}: {len(rules)}\n"
    yield "| rule | where | why | what to do | source |"
    yield "| --- | --- | --- | --- | --- |"
    for rule in sorted(rules, key=lambda one: one.id):
        yield _row(rule)
    yield ""


def _row(rule: Rule) -> str:
    words = [
        "<br>".join(_cell(catalogue(lang)[f"lint.{rule.id}.{part}"]) for lang in ("zh", "en"))
        for part in ("why", "fix")
    ]
    return f"| `{rule.id}` | {_where(rule)} | {words[0]} | {words[1]} | {_cell(rule.source)} |"


def _where(rule: Rule) -> str:
    channels = "、".join(f"`{one}`" for one in sorted(rule.channels))
    purposes = "、".join(sorted(rule.purposes))
    return "; ".join(filter(None, (channels, purposes))) or _EVERYWHERE


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<a ", "\\<a ").replace("\n", " ")


if __name__ == "__main__":
    sys.stdout.write(page())
