"""The content library for its users: keep, publish, compare, archive, import, and who uses what.

Each edit is a version and none is ever changed; publishing moves a pointer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot.content.checkup import Facts, content_draft
from bot.content.documents import Content, read_content, write_content
from bot.content.draft import Offer, Sender
from bot.content.findings import Finding, refusing
from bot.content.lint_links import is_domain
from bot.content.linting import CheckLink, lint
from bot.errors import Conflict, InvalidInput, NotFound
from bot.store import accounts, content_uses, contents, coupons
from bot.store.content_uses import Use
from bot.store.contents import ContentState
from bot.store.db import transaction

MOST_TERM = 100
Given = tuple[str, Any]  # where it stands in the file, and the document or an InvalidInput


class Refused(Conflict):
    """The linter found errors; they are in `findings`."""

    def __init__(self, slug: str, findings: list[Finding]) -> None:
        rules = ", ".join(dict.fromkeys(one.rule for one in findings))
        super().__init__(f"{slug} is not published: {rules}; see hongyan content lint {slug}")
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Change:
    """A field that two versions have otherwise; None: it is not set."""

    field: str
    old: Any
    new: Any


@dataclass(slots=True)
class Brought:
    """What an import did, by how many; `rejected`: place and reason of each."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: list[tuple[str, str]] = field(default_factory=list)

    def count(self, number: int, new: bool) -> None:
        """A document that is version `number` now."""
        self.unchanged += not new
        self.added += new and number == 1
        self.changed += new and number > 1

    def to_json(self) -> dict[str, Any]:
        rejected = [{"place": place, "reason": reason} for place, reason in self.rejected]
        return {
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "rejected": rejected,
        }


def put(
    account_id: int,
    document: Any,
    now: datetime,
    *,
    author: str = "",
    zone: ZoneInfo | None = None,
) -> tuple[ContentState, bool]:
    """Keep a document as the latest version of its slug; False: nothing in it is new.

    zone  the account's, looked up where it is not given

    Raises InvalidInput with the field: a broken rule, another kind than the slug has, or a coupon
    batch that is not there.
    """
    content = read_content(document, zone or _zone(account_id))
    if content.batch and not _has_batch(account_id, content.batch):
        raise InvalidInput(f"batch: there is no coupon batch {content.batch!r}", "batch")
    try:
        return contents.keep(
            account_id, content.kind.value, content.slug, write_content(content), author, now
        )
    except Conflict as error:
        raise InvalidInput(f"kind: {error}", "kind") from None


def bring(
    account_id: int,
    given: Iterable[Given],
    now: datetime,
    *,
    author: str = "",
    step: Callable[[], object] = lambda: None,
) -> Brought:
    """Keep many; each by itself, so that an import that was cut off is finished by doing it again.

    step  called after each. Of a slug that comes twice in one import the second is rejected.
    """
    done, zone = Brought(), _zone(account_id)
    seen: dict[str, str] = {}
    for place, document in given:
        try:
            slug = _new_slug(document, seen)
            state, new = put(account_id, document, now, author=author, zone=zone)
            seen[slug] = place
            done.count(state.latest, new)
        except InvalidInput as error:
            done.rejected.append((place, str(error)))
        step()
    return done


def _new_slug(document: Any, seen: Mapping[str, str]) -> str:
    """Raises InvalidInput: what could not be read, or a slug for the second time."""
    if isinstance(document, InvalidInput):
        raise document
    slug = str(document.get("slug", "")) if isinstance(document, dict) else ""
    if slug in seen:
        raise InvalidInput(f"slug: {slug} stands at {seen[slug]} already", "slug")
    return slug


def read(account_id: int, slug: str, number: int | None = None) -> Content:
    """A version, the latest one without a number. Raises NotFound."""
    state = contents.by_slug(account_id, slug)
    stored = contents.version(state.id, state.latest if number is None else number)
    return read_content(stored.document, _zone(account_id))


def published(account_id: int, slug: str) -> Content:
    """What goes out now. Raises NotFound: nothing is published, or it is archived."""
    return read_content(contents.published(account_id, slug).document, _zone(account_id))


def pieces(account_id: int, slugs: Sequence[str]) -> list[Content]:
    """What goes out now of these, in their order; those that are not published are left out."""
    zone = _zone(account_id)
    found = contents.published_of(account_id, slugs)
    return [read_content(document, zone) for document in found.values()]


def publish(
    account_id: int,
    slug: str,
    now: datetime,
    *,
    number: int | None = None,
    despite: Collection[str] = (),
    public_url: str = "",
) -> tuple[ContentState, list[Finding], bool]:
    """Let a version go out, the latest one without a number; what the linter says of it, and
    whether anything changed.

    despite  ids of rules that a person takes upon himself

    Raises Refused with what the linter calls errors, NotFound.
    """
    with transaction():
        state = contents.by_slug(account_id, slug, lock=True)
        wanted = state.latest if number is None else number
        findings = lint_content(account_id, read(account_id, slug, wanted), now, public_url)
        if wrong := [one for one in refusing(findings) if one.rule not in despite]:
            raise Refused(slug, wrong)
        moved = contents.point(state.id, wanted, now)
    return contents.by_slug(account_id, slug), findings, moved


def archive(account_id: int, slug: str, now: datetime) -> bool:
    """Take it out of use; its versions stay, and publishing brings it back. False: it was out.

    Raises Conflict while something names it, NotFound.
    """
    with transaction():
        state = contents.by_slug(account_id, slug, lock=True)
        if named := where_used(account_id, slug):
            users = ", ".join(dict.fromkeys(f"{one.kind} {one.slug}" for one in named))
            raise Conflict(f"{slug} is in use: {users}; see hongyan content where-used {slug}")
        return contents.archive(state.id, now)


def where_used(account_id: int, slug: str) -> list[Use]:
    """Campaigns that are not over, what the bot says (live and in draft), and other content that
    names it; of a coupon batch's piece also what offers the batch. Raises NotFound."""
    return content_uses.uses(account_id, slug, read(account_id, slug).batch)


def difference(account_id: int, slug: str, old: int, new: int) -> list[Change]:
    """What version `new` has otherwise than `old`, by field. Raises NotFound."""
    state = contents.by_slug(account_id, slug)
    before = contents.version(state.id, old).document
    after = contents.version(state.id, new).document
    return [
        Change(name, before.get(name), after.get(name))
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    ]


# --- linting -----------------------------------------------------------------------------------


def lint_content(
    account_id: int,
    content: Content,
    now: datetime,
    public_url: str = "",
    check_link: CheckLink | None = None,
) -> list[Finding]:
    """As if it went out now."""
    facts = Facts(
        sender=sender_of(account_id, public_url),
        offer=offer_of(account_id, content.batch) if content.batch else None,
        sends_at=now,
        zone=_zone(account_id),
    )
    return lint(content_draft(content, facts), check_link)


def campaign_facts(
    account_id: int,
    document: Mapping[str, Any],
    now: datetime,
    public_url: str = "",
    audience: int | None = None,
) -> Facts:
    """What `checkup.lint_campaign` has to know of a campaign's document. It is sent when its
    schedule says, else at `now`."""
    zone = _zone(account_id)
    schedule = document.get("schedule") or {}
    begins = _instant(schedule.get("at"), zone)
    return Facts(
        sender=sender_of(account_id, public_url),
        offer=offer_of(account_id, str(document["offer"])) if document.get("offer") else None,
        audience=audience,
        sends_at=max(begins or now, now),
        ends_at=_instant(schedule.get("until"), zone),
        zone=zone,
    )


def _instant(value: Any, zone: ZoneInfo) -> datetime | None:
    """None also for what is no instant: the reader of campaigns refuses it."""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=zone)


def sender_of(account_id: int, public_url: str = "") -> Sender:
    """What the account told the linter; the host of its own links is always on the list.

    An account that named no domain has no list: what is foreign is then not asked.
    """
    domains = contents.terms(account_id, contents.DOMAIN)
    host = urlsplit(public_url).hostname or ""
    own = [*domains, host] if domains and host else domains
    return Sender(tuple(own), tuple(contents.terms(account_id, contents.FORBIDDEN)))


def offer_of(account_id: int, batch: str) -> Offer | None:
    """The coupon batch as an offer, None where it is gone. Its stock: codes that nobody has."""
    try:
        found = coupons.batch_by_slug(account_id, batch)
    except NotFound:
        return None
    left = coupons.stock(found.id)["available"]
    return Offer(found.title, found.valid_from, found.valid_until, left)


def _has_batch(account_id: int, slug: str) -> bool:
    try:
        coupons.batch_by_slug(account_id, slug)
    except NotFound:
        return False
    return True


def _zone(account_id: int) -> ZoneInfo:
    return ZoneInfo(accounts.by_id(account_id).timezone)


def term(kind: str, value: str) -> str:
    """A domain or word as the list keeps it. Raises InvalidInput."""
    text = " ".join(value.split()).lower()
    if kind == contents.DOMAIN and not is_domain(text):
        raise InvalidInput(f"{text[:60]}: wants a domain such as shop.example.cn", "value")
    if not 1 <= len(text) <= MOST_TERM:
        raise InvalidInput(f"wants 1 to {MOST_TERM} characters", "value")
    return text
