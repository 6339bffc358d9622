"""公众号: the list, a new one; one account's check, secrets and API keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console import accounts as use
from bot.console import glimpse
from bot.console.accounts import KINDS, Called
from bot.console.gate import account, asker, page
from bot.console.newer import Held, Newer, Overtaken, newer_of
from bot.console.rights import Right, may
from bot.console.shell import language, render, shown_at, words, zone_of
from bot.console.tabs import settings_tabs
from bot.errors import HongyanError, InvalidInput
from bot.i18n import catalogue
from bot.journey.webhooks import key_of
from bot.store import account_settings, accounts, audit
from bot.store.db import transaction
from bot.store.operators import EVERY_ACCOUNT
from bot.web.services import services
from bot.wechat.errcodes import advice

LONGEST_NAME = 64


@page("/accounts", Right.SETTINGS)
def accounts_page() -> Response:
    """All accounts, and the form that adds one."""
    return _list()


@page("/accounts/add", Right.SETTINGS, ("POST",), secret=True)
def add_account() -> Response:
    """A further account; what was wrong comes back without its secrets."""
    given, who = request.form, asker()
    names = ("appid", *account_settings.SECRETS)
    values = {name: given.get(name, "").strip() for name in names}
    slug = given.get("slug", "").strip()
    try:
        use.add(slug, given.get("kind", ""), values, who.actor, who.now)
    except HongyanError as error:
        return _list(422, error)
    return redirect(url_for("console.account_page", slug=slug))


@page("/a/<slug>/settings", Right.SETTINGS)
def account_page(slug: str) -> Response:
    """One account: callback address, check, secrets to be changed but never read, API keys."""
    return _glimpsed()


@page("/a/<slug>/settings/check", Right.SETTINGS, ("POST",))
def check_account(slug: str) -> Response:
    """Ask the platform now; the answer in words."""
    who = asker()
    called = list(use.calls(services().client_of(account().id)))
    faults = [one.name for one in called if one.error]
    audit.record(who.actor, "account_check", who.now, detail={"account": slug, "faults": faults})
    return _page(called=called)


@page("/a/<slug>/settings/rotate", Right.SETTINGS, ("POST",), secret=True)
def rotate_account(slug: str) -> Response:
    """New secrets where fields were filled in; empty fields stay as they are."""
    who = asker()
    if slug == "default":
        return _page(409, words()("con.account.from_settings"))
    values = {name: request.form.get(name, "").strip() for name in account_settings.SECRETS}
    say = words()
    try:
        with transaction():
            if request.form.get("seen", "") != _held().stamp:
                raise _rotated(values)
            changed = use.rotate(account(), values, who.actor, who.now)
            _held().mark()
    except Overtaken as error:
        return _page(409, str(error), newer=newer_of(error))
    except HongyanError as error:
        return _page(422, _said(error))
    named = say("con.list.and").join(say(f"con.account.{name}") for name in changed)
    return _page(done=say("con.account.rotated", names=named))


def _held() -> Held:
    return Held("secrets", "", account_settings.stamp(account().id))


def _rotated(values: Mapping[str, str]) -> Overtaken:
    """Somebody else rotated meanwhile. Secrets are never shown: only that they are others."""
    say = words()
    kept, given = say("con.account.kept"), say("con.account.given")
    theirs, mine = ({name: each for name in values if values[name]} for each in (kept, given))
    return _held().overtaken(
        theirs, mine, lambda name: say(f"con.account.{name}"),
        url_for("console.account_page", slug=account().slug),
    )  # fmt: skip


@page("/a/<slug>/settings/keys", Right.SETTINGS, ("POST",))
def make_key(slug: str) -> Response:
    """A new API key: on the page that follows once, then never again."""
    who, name = asker(), request.form.get("name", "").strip()
    if not name or len(name) > LONGEST_NAME:
        return _page(422, words()("con.key_of.bad_name"))
    with transaction():
        if account_settings.has_key(account().id, name):
            return _glimpsed(409, words()("con.key_of.taken"))
        key = accounts.new_api_key(account().id, name, who.now)
        audit.record(who.actor, "account_key", who.now, detail={"account": slug, "key": name})
    answer = redirect(url_for("console.account_page", slug=slug))
    glimpse.give(answer, key)
    return answer


@page("/a/<slug>/settings/keys/<int:key_id>/revoke", Right.SETTINGS, ("POST",))
def revoke_key(slug: str, key_id: int) -> Response:
    """It opens nothing from now on."""
    who = asker()
    if not account_settings.revoke_key(account().id, key_id, who.now):
        return _page(404, words()("con.key_of.gone"))
    audit.record(who.actor, "account_key_revoke", who.now, detail={"account": slug, "key": key_id})
    return redirect(url_for("console.account_page", slug=slug))


@page("/a/<slug>/settings/webhook-key", Right.SETTINGS, ("POST",))
def show_webhook_key(slug: str) -> Response:
    """What journeys' webhooks of this account are signed with; who saw it is in the log."""
    who = asker()
    audit.record(who.actor, "account_webhook_key", who.now, detail={"account": slug})
    return _page(webhook=key_of(account().id))


def _list(status: int = 200, error: HongyanError | None = None) -> Response:
    say = words()
    rows = [
        {
            "slug": one.slug,
            "kind": say(f"con.account.kind.{one.kind}"),
            "appid": one.appid,
            "zone": one.timezone,
            "callback": callback_of(one.slug),
        }
        for one in accounts.all_accounts()
    ]
    return render(
        "accounts.html",
        status,
        rows=rows,
        kinds=[(kind, say(f"con.account.kind.{kind}")) for kind in KINDS],
        given=request.form,
        error=_said(error) if error else "",
    )


def _said(error: HongyanError) -> str:
    """A fault of a field in the reader's language; another as it is told."""
    field = error.field if isinstance(error, InvalidInput) else type(error).__name__
    return catalogue(language()).get(f"con.account.bad.{field or 'nothing'}", str(error))


def callback_of(slug: str) -> str:
    """What is written into the platform's page for this account."""
    return f"{services().settings.public.rstrip('/')}/wechat/{slug}"


def _page(
    status: int = 200,
    error: str = "",
    done: str = "",
    key: str = "",
    called: list[Called] | None = None,
    webhook: str = "",
    newer: Newer | None = None,
) -> Response:
    of, zone, say = account(), zone_of(account()), words()
    return render(
        "account.html",
        status,
        of=of,
        kind=say(f"con.account.kind.{of.kind}"),
        tabs=settings_tabs("account_page"),
        house=may(asker().person.role_on(EVERY_ACCOUNT), Right.SETTINGS),
        callback=callback_of(of.slug),
        from_settings=of.slug == "default",
        keys=[
            {
                "id": one.id,
                "name": one.name,
                "made": shown_at(one.made_at, zone),
                "revoked": shown_at(one.revoked_at, zone) if one.revoked_at else "",
            }
            for one in account_settings.keys(of.id)
        ],
        called=[_told(one) for one in called or []],
        error=error,
        done=done,
        key=key,
        webhook=webhook,
        newer=newer,
        seen=_held().stamp,
    )


def _glimpsed(status: int = 200, error: str = "") -> Response:
    """The page with what was made just now, which it tells this once."""
    answer = _page(status, error, key=glimpse.look())
    glimpse.forget(answer)
    return answer


def _told(one: Called) -> dict[str, Any]:
    """One call in words: what was asked, how it went, what to do."""
    say = words()
    title = say(f"con.account.call.{one.name}")
    if one.error is None:
        count = "" if one.many is None else f"{one.many:,}"
        return {"title": title, "ok": True, "said": say("con.account.works"), "count": count}
    if one.error.errcode is None:
        said = say("con.account.unreachable")
    else:
        said = f"{one.error.errcode}: {advice(one.error.errcode, language())}"
    return {"title": title, "ok": False, "said": said, "count": ""}
