"""Kinds of events that other systems report: mini-program, shop, H5 page, WeCom.

Those of ACTS are the follower's own acts, and a topic named by one weighs so many hundredths of a
mention (bot.values.interest). Further kinds can be reported under a name of one's own,
`custom.<name>`: they are kept and counted, and rules can ask for them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

ACTS: Mapping[str, int] = {
    "article.view": 50,
    "page.view": 25,
    "product.view": 50,
    "video.view": 50,
    "live.view": 50,
    "search": 100,
    "cart.add": 150,
    "cart.remove": 0,
    "favourite": 150,
    "share": 100,
    "moment": 100,
    "checkin": 50,
    "comment": 100,
    "group.join": 50,
    "group.leave": 0,
}
# What is said about a follower rather than done by them.
ABOUT = ("attribute", "tag", "preference", "friends")
CUSTOM = re.compile(r"custom\.[a-z0-9_]{1,24}")


def may_be_reported(kind: str) -> bool:
    """Whether other systems can report events of this kind."""
    return kind in ACTS or kind in ABOUT or CUSTOM.fullmatch(kind) is not None
