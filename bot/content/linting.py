"""The linter: every rule over one message. Pure, but for the links where somebody asks for that.

    findings = lint(Draft(parts={"text": "全网最低价，限时三天！"}, sends_at=now))
    if refusing(findings): ...

docs/reference/lint-rules.md lists the rules; a test holds it to this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bot.content import lint_law, lint_links, lint_offer, lint_platform, lint_text
from bot.content.draft import Draft
from bot.content.findings import REGISTERED, Finding, Hit, Rule, Severity, ordered, rule
from bot.content.lint_links import fault_of, links_of

# What is wrong with an address, "" for nothing: asked once for each, by bot.content.reaching.
CheckLink = Callable[[str], str]
QUOTED = 40  # characters of a place that a finding repeats
MODULES = (lint_text, lint_platform, lint_law, lint_offer, lint_links)


@rule("link-dead", Severity.ERROR, "《微信外部链接内容管理规范》")
def _dead(draft: Draft) -> Iterator[Hit]:
    """Found by `lint` alone, where it is given what asks."""
    return iter(())


@rule("content-gone", Severity.ERROR, "docs/explanation/content.md")
def _gone(draft: Draft) -> Iterator[Hit]:
    """Found by bot.campaign.ahead.linting alone, which knows the library."""
    return iter(())


RULES: dict[str, Rule] = REGISTERED


def lint(draft: Draft, check_link: CheckLink | None = None) -> list[Finding]:
    """What is wrong with a message, the worst first. `check_link`: also ask whether links lead
    anywhere, each address once."""
    texts = dict(draft.texts())
    found = [
        _finding(one, hit, texts)
        for one in RULES.values()
        if one.holds(draft)
        for hit in one.find(draft)
    ]
    if check_link is not None:
        found += [_finding(RULES["link-dead"], hit, texts) for hit in _asked(draft, check_link)]
    return ordered({(one.rule, one.part, one.start, one.end): one for one in found}.values())


def _finding(one: Rule, hit: Hit, texts: dict[str, str]) -> Finding:
    quote = texts.get(hit.part, "")[hit.start : hit.end]
    quote = quote if len(quote) <= QUOTED else f"{quote[: QUOTED - 1]}…"
    return Finding(one.id, one.severity, hit.part, hit.start, hit.end, quote, hit.values)


def _asked(draft: Draft, check_link: CheckLink) -> Iterator[Hit]:
    told: dict[str, str] = {}
    for link in links_of(draft):
        if "{" in link.url or fault_of(link.url):
            continue
        if link.url not in told:
            told[link.url] = check_link(link.url)
        if told[link.url]:
            yield link.hit(reason=told[link.url])
