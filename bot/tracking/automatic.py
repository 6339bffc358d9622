"""Who taps: a person, or a program that looks at links before, or instead of, people."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.store.links import Nearby

# Faster than a message can be seen and touched: the preview of a gateway.
SUDDEN = timedelta(milliseconds=300)
DOUBLE_TAP = timedelta(seconds=2)
BURST = timedelta(seconds=2)
# Nobody opens three links of one message within two seconds; a scanner opens all it finds.
BURST_LINKS = 2
# Thousands of phones share one address behind a carrier's gateway: so many from one address are a
# scanner's only where they do not come from WeChat's own browser, in which a message's link opens.
BURST_FOLLOWERS = 30
WECHAT = "MicroMessenger"
HONEY = "/h5/honey"  # the target of a link that no person sees: only a program follows it

# Programs name themselves, a phone's browser does not.
_PROGRAMS = re.compile(
    r"(?<!cu)bot\b|spider|crawl|slurp|preview|scan|fetch|monitor|headless|phantom|lighthouse"
    r"|facebookexternalhit|whatsapp|embedly|safebrowsing|virustotal|urlcheck|proofpoint|mimecast"
    r"|^(curl|wget|python|java|go-http|okhttp|apache-http|libwww|ruby|perl|php|node|axios|httpx?)\b",
    re.IGNORECASE,
)


def looks_automatic(
    agent: str,
    method: str = "GET",
    since_send: timedelta | None = None,
    nearby: Nearby = Nearby(),  # noqa: B008  frozen
    url: str = "",
) -> str:
    """The first sign that no person tapped, as a word for the report; "" for a person.

    since_send   from the sending of the message; None where it is not known
    """
    if url == HONEY:
        return "honey"
    if method.upper() == "HEAD":
        return "head"
    if not agent.strip():
        return "no_agent"
    if _PROGRAMS.search(agent):
        return "agent"
    if since_send is not None and since_send < SUDDEN:
        return "sudden"
    if nearby.links >= BURST_LINKS:
        return "burst"
    if nearby.followers >= BURST_FOLLOWERS and WECHAT not in agent:
        return "burst"
    return "repeat" if nearby.repeated else ""
