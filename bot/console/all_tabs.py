"""Every tab of the console's pages, so that a search finds it by its name."""

from __future__ import annotations

from collections.abc import Iterator

from flask import url_for

from bot.console import follower_parts
from bot.console.gate import RIGHTS, account, asker
from bot.console.rights import Right
from bot.console.shell import TABS, Link, words

# (words of the page, (words of a tab, its endpoint) of each)
_PAGES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("con.menu.followers", follower_parts.TABS),
    (
        "con.menu.segments",
        (
            ("con.segment.tab.rfm", "segment_rfm"),
            ("con.segment.tab.clusters", "segment_clusters"),
            ("con.segment.tab.compare", "segment_compare"),
            ("con.list.new", "new_list"),
        ),
    ),
    ("con.menu.campaigns", (("con.menu.experiments", "experiments_list"),)),
    (
        "con.menu.coupons",
        (
            ("con.coupon.tab.given", "coupons_given"),
            ("con.coupon.tab.used", "coupons_used"),
            ("con.coupon.tab.tills", "coupon_tills_page"),
            ("con.coupon.tab.files", "coupon_files"),
            ("con.coupon.tab.radar", "coupon_radar_page"),
        ),
    ),
    (
        "con.menu.contents",
        (("con.pictures", "pictures"), ("con.content.import", "contents_import")),
    ),
    (
        "con.menu.intents",
        tuple(
            (f"con.tab.{one}", one) for one in ("intent_clashes", "training", "shadow", "replay")
        ),
    ),
    ("con.menu.account", tuple((f"con.tab.{one}", one) for one in TABS["account_page"])),
)


def all_tabs(reports: tuple[str, ...]) -> Iterator[tuple[str, Link]]:
    """(name, page with how it is found) of those that the one who asks may open.

    reports  the kinds that 数据 has
    """
    say, slug = words(), account().slug
    for page, tabs in _PAGES:
        for title, endpoint in tabs:
            right = RIGHTS.get(f"console.{endpoint}")
            if right is not None and asker().may(right):
                address = url_for(f"console.{endpoint}", slug=slug)
                yield say(title), _link(page, say(title), address)
    if asker().may(Right.LOOK):
        for kind in reports:
            said = say(f"con.report.{kind}")
            address = url_for("console.report", slug=slug, kind=kind)
            yield said, _link("con.menu.reports", said, address)


def _link(page: str, tab: str, address: str) -> Link:
    say = words()
    return Link(say("con.search.tab_of", tab=tab, page=say(page)), address, False)
