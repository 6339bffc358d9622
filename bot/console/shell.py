"""What stands around every page: the menu, the accounts, words in the operator's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, g, make_response, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from bot.console import once
from bot.console.gate import RIGHTS, Asker, asker, views
from bot.console.rights import may
from bot.i18n import catalogue, t
from bot.i18n.refusals import said as in_words
from bot.store import accounts, operators
from bot.store.accounts import AccountState
from bot.store.operators import EVERY_ACCOUNT, OperatorState
from bot.web.assets import Assets
from bot.web.services import services

LANGUAGES = ("zh", "en")
# (words, endpoint); what is not built or not allowed is not shown
MENU: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("", (("con.menu.home", "home"),)),
    (
        "con.menu.people",
        (("con.menu.followers", "followers_list"), ("con.menu.segments", "segments_list")),
    ),
    (
        "con.menu.marketing",
        (
            ("con.menu.campaigns", "campaigns_list"),
            ("con.menu.journeys", "journeys"),
            ("con.menu.coupons", "coupons_list"),
            ("con.menu.contents", "contents"),
            ("con.menu.calendar", "calendar"),
            ("con.menu.quotas", "quota_page"),
        ),
    ),
    (
        "con.menu.talk",
        (
            ("con.menu.inbox", "inbox"),
            ("con.menu.rules", "rules"),
            ("con.menu.menus", "menus"),
            ("con.menu.codes", "codes"),
            ("con.menu.intents", "intents"),
            ("con.menu.unanswered", "unanswered"),
        ),
    ),
    (
        "con.menu.figures",
        (
            ("con.menu.reports", "reports"),
            ("con.menu.models", "models"),
            ("con.menu.work", "work_list"),
        ),
    ),
    (
        "con.menu.settings",
        (("con.menu.account", "account_page"), ("con.menu.privacy", "privacy_page")),
    ),
)
# Pages that are tabs of one entry of the menu, by the entry's own.
TABS: dict[str, tuple[str, ...]] = {
    "campaigns_list": ("new_campaign", "experiments_list", "experiment_page"),
    "segments_list": (
        *("new_segment", "new_list", "segment_rfm", "segment_clusters"),
        *("segment_compare", "segment_compare_save"),
    ),
    "account_page": ("account_page", "sending_rules", "testers"),
    "menus": ("menus", "menu_new"),
    "codes": ("codes", "code_new"),
    "intents": (
        *("intents", "intent_new", "intent_clashes", "training", "shadow"),
        *("replay", "replay_one"),
    ),
}
HOUSE: tuple[tuple[str, str], ...] = (
    ("con.menu.accounts", "accounts_page"),
    ("con.menu.members", "members"),
    ("con.menu.audit", "audit_page"),
    ("con.menu.jobs", "jobs_page"),
    ("con.menu.care", "care"),
)


@dataclass(frozen=True)
class Link:
    title: str
    address: str
    here: bool


@dataclass(frozen=True)
class Shell:
    """The frame of one page, in finished words."""

    name: str
    role: str
    form: str
    once: str  # see bot.console.once
    groups: list[tuple[str, list[Link]]]
    accounts: list[Link]
    account: str
    sandboxed: bool


Words = Callable[..., str]


def words() -> Words:
    """t() in the language of who asks: the operator's own, else the browser's."""
    return partial(_said, language())


def _said(lang: str, key: str, /, **values: object) -> str:
    return t(key, lang, **values)


def language() -> str:
    if "asker" in g:
        return asker().person.language
    best = request.accept_languages.best_match(LANGUAGES)
    return best or LANGUAGES[0]


def worded(key: str, otherwise: str, say: Words, **values: object) -> str:
    """The words of a key; `otherwise` where it has none."""
    return say(key, **values) if key in catalogue(language()) else otherwise


def listed(parts: Iterable[str]) -> str:
    """With the reader's comma between them."""
    return ("，" if language() == "zh" else ", ").join(parts)


@views.app_template_filter()
def refusal(text: str | None) -> str:
    """What refused somebody, in the reader's language: {{ row.error|refusal }} in a template."""
    return in_words(text, language(), paths=_is_document()) if text else ""


def _is_document() -> bool:
    """Who sent a document looks for the names of its fields; who filled in a form does not."""
    try:
        form = request.form
    except RequestEntityTooLarge:
        return False
    return form.get("as") == "yaml" or ("as" not in form and ("yaml" in form or "document" in form))


def zone_of(account: AccountState | None) -> ZoneInfo:
    return ZoneInfo(account.timezone if account else "Asia/Shanghai")


def shown_at(at: datetime | None, zone: ZoneInfo) -> str:
    """2026-11-22 09:05 in the account's zone, "–" for never."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "–"


def actor_said(actor: str, say: Words) -> str:
    """Of operator:lin what lin is called; what is no person has words of its own."""
    kind, _, name = actor.partition(":")
    if kind == "operator":
        return _titles().get(name, name)
    return f"{worded(f'con.actor.{kind}', kind, say)} {name}".strip()


def _titles() -> dict[str, str]:
    """What each operator is called, asked once a request."""
    found: dict[str, str] | None = g.get("titles")
    if found is None:
        found = g.titles = {one.name: one.title for one in operators.everybody()}
    return found


def render(template: str, status: int = 200, **values: Any) -> Response:
    """A page of the console in its frame; its `error` is said in the reader's language."""
    if isinstance(error := values.get("error"), str):
        values["error"] = refusal(error)
    html = render_template(
        f"console/{template}",
        w=words(),
        lang=language(),
        assets=assets(),
        shell=_shell(asker()) if "asker" in g and asker().session.proved else None,
        theme=_theme(),
        **values,
    )
    return make_response(html, status)


def assets() -> Assets:
    return Assets(Path(current_app.template_folder or "") / "console" / "static", "/console/asset")


def _theme() -> str:
    asked = request.cookies.get("hongyan_theme", "")
    return asked if asked in ("light", "dark") else ""


def _shell(who: Asker) -> Shell:
    say = words()
    mine = {key: slug for key, slug in accounts.slugs().items() if who.person.role_on(key)}
    here = who.account.id if who.account else EVERY_ACCOUNT
    current = here or next(iter(mine), EVERY_ACCOUNT)
    role = who.person.role_on(current)
    return Shell(
        name=who.person.title,
        role=say(f"con.role.{role}") if role else "",
        form=who.form,
        once=once.drawn(),
        groups=_groups(who.person, role, mine.get(current, ""), say),
        accounts=[
            Link(slug, url_for("console.home", slug=slug), key == here)
            for key, slug in mine.items()
        ],
        account=mine.get(current, ""),
        sandboxed=services().settings.sandboxed,
    )


def _groups(
    person: OperatorState, role: str | None, slug: str, say: Words
) -> list[tuple[str, list[Link]]]:
    """The menu's groups that have something for this person, who is `role` on the account `slug`;
    "" where there is none."""
    found = []
    for title, entries in MENU if slug else ():
        links = [_link(*one, say, slug=slug) for one in entries if _may(role, one[1])]
        if links:
            found.append((say(title) if title else "", links))
    everywhere = person.role_on(EVERY_ACCOUNT)
    house = [_link(*one, say) for one in HOUSE if _may(everywhere, one[1])]
    settings = say("con.menu.settings")
    if house and found and found[-1][0] == settings:
        return [*found[:-1], (settings, [*found[-1][1], *house])]
    return [*found, (settings, house)] if house else found


def menu_links() -> list[Link]:
    """Every page of the menu that the one who asks may open."""
    return [link for _, links in _shell(asker()).groups for link in links]


def _may(role: str | None, name: str) -> bool:
    right = RIGHTS.get(f"console.{name}")
    return right is not None and may(role, right)


def _link(title: str, name: str, say: Words, **values: Any) -> Link:
    address = url_for(f"console.{name}", **values)
    below = name != "home" and request.path.startswith(f"{address}/")
    tab = (request.endpoint or "").removeprefix("console.") in TABS.get(name, ())
    here = request.path == address or below or tab
    return Link(say(title), address, here)
