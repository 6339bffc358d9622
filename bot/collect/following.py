"""Follower sync: whoever follows on the platform is a follower here, since when and from where.

A round goes through the platform's list page by page (10,000 openids); details are asked for, 100 a
call, only where somebody is new or was last told long ago. Each batch is one transaction, each page
moves the round's cursor: broken off anywhere, it goes on at the page it was at, and what that page
had done already is found done. Who is not in the list any more is known at the end of a whole round
only, and only of a list that is as long as the platform says it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.collect import tagging
from bot.errors import RequestRejected
from bot.profile import identity, lifecycle
from bot.store import events, followers, identities, listing, syncs
from bot.store.db import transaction
from bot.store.listing import Known
from bot.store.segments import mark_dirty
from bot.store.syncs import SyncRun
from bot.wechat.client import WeChatClient

KIND, FULL = "followers", "followers.full"
BATCH = 100  # the platform tells the details of at most so many a call
STALE = timedelta(days=30)
SOURCE = "sync"
SHORT = 100  # a list that lacks more than one in so many is not believed

Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class SyncReport:
    """`whole` False: stopped early, the next call goes on. `error`: what a whole round left out."""

    seen: int
    changed: int
    whole: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Round:
    account_id: int
    client: WeChatClient
    now: datetime
    full: bool
    tags: Mapping[int, int] | None  # tag id of the platform -> ours; None: no right to tags


def sync_followers(
    account_id: int,
    client: WeChatClient,
    now: datetime,
    *,
    full: bool = False,
    progress: Progress = lambda done, total: None,
    go_on: Callable[[], bool] = lambda: True,
) -> SyncReport:
    """Go on with the round under way, or begin one.

    full      ask for the details of everybody
    progress  gets how many were just done, and the platform's total
    go_on     asked before each page; False stops for now
    Raises GatewayError (the round stays where it is), Conflict (another process goes on with it).
    """
    run = syncs.begin(account_id, FULL if full else KIND, now)
    of = _Round(account_id, client, now, full, _tags(account_id, client, now))
    progress(run.done, run.total)
    while go_on():
        page = client.followers(run.place)
        if not page.openids or page.next_openid == run.place != "":
            return _ended(of, run, page.total)
        changed = 0
        for start in range(0, len(page.openids), BATCH):
            batch = page.openids[start : start + BATCH]
            changed += _take(of, run, batch)
            progress(len(batch), page.total)
        place = page.next_openid or page.openids[-1]
        run = syncs.advance(
            run, place, now, done=len(page.openids), changed=changed, total=page.total
        )
    return SyncReport(run.done, run.changed, whole=False)


def _tags(account_id: int, client: WeChatClient, now: datetime) -> Mapping[int, int] | None:
    try:
        return tagging.read_tags(account_id, client, now)
    except RequestRejected:
        return None


def _take(of: _Round, run: SyncRun, openids: Sequence[str]) -> int:
    """One batch; how many of them changed."""
    known = listing.known(of.account_id, openids)
    asked = [openid for openid in openids if _wanted(known.get(openid), of)]
    told = {str(i.get("openid")): i for i in of.client.user_info_batch(asked)} if asked else {}
    with transaction():
        identities.hold(of.account_id)  # before any follower is touched: everybody takes them so
        ids = {openid: one.id for openid, one in known.items()}
        for openid in openids:
            if openid not in ids:
                ids[openid] = followers.ensure(of.account_id, openid, of.now).id
        changed = [
            ids[openid]
            for openid in asked
            if _learn(of, ids[openid], known.get(openid), told.get(openid, {}))
        ]
        detailed = [ids[openid] for openid in told if openid in ids]
        listing.meet(run.id, sorted(ids.values()), detailed, of.now)
        identity.platform_told(of.account_id, changed, of.now)
        mark_dirty(sorted(changed))
    return len(changed)


def _wanted(known: Known | None, of: _Round) -> bool:
    """Somebody new, never told, or told long ago."""
    if of.full or known is None or not known.subscribed or known.detailed_at is None:
        return True
    return known.detailed_at < of.now - STALE


def _learn(of: _Round, follower_id: int, known: Known | None, info: Mapping[str, Any]) -> bool:
    """What the details say of one follower; whether anything of it was new."""
    if not info:  # the list names them, the details do not come: they follow, and that is all
        return not (known and known.subscribed) and _joined(of, follower_id, of.now, info)
    if not info.get("subscribe"):
        here = known is not None and known.subscribed
        return here and _left(of, follower_id, of.now, f"told:{int(of.now.timestamp())}")
    since = info.get("subscribe_time")
    at = datetime.fromtimestamp(since, UTC) if isinstance(since, int) and since > 0 else of.now
    new = not (known and known.subscribed) and _joined(of, follower_id, at, info)
    if unionid := info.get("unionid"):
        new |= listing.keep_unionid(follower_id, str(unionid))
    if of.tags is None:
        return new
    tags = {of.tags[one] for one in info.get("tagid_list") or () if one in of.tags}
    return bool(tagging.now_has(of.account_id, follower_id, tags, of.now)) or new


def _joined(of: _Round, follower_id: int, at: datetime, info: Mapping[str, Any]) -> bool:
    """They follow since `at`. False: they left after that, as a callback told."""
    scene = str(info.get("qr_scene_str") or info.get("qr_scene") or "")[:64]
    if not followers.mark_subscribed(follower_id, at, scene):
        return False
    facts = {"subscribed": True, "scene": scene, "via": str(info.get("subscribe_scene", ""))[:64]}
    _append(of, follower_id, "follow.synced", at, f"{follower_id}:{int(at.timestamp())}", facts)
    if facts["via"]:
        named = {"name": "subscribe_scene", "value": facts["via"]}
        key = f"scene:{follower_id}:{int(at.timestamp())}"
        _append(of, follower_id, "attribute", at, key, named)
    return True


def _left(of: _Round, follower_id: int, at: datetime, key: str) -> bool:
    if not lifecycle.unsubscribed(follower_id, at):
        return False
    facts = {"subscribed": False}
    _append(of, follower_id, "follow.synced", at, f"left:{follower_id}:{key}", facts)
    return True


def _append(
    of: _Round, follower_id: int, kind: str, at: datetime, key: str, facts: Mapping[str, Any]
) -> None:
    events.append(
        of.account_id, follower_id, kind, at=at, received_at=of.now, source=SOURCE, key=key,
        facts=facts,
    )  # fmt: skip


# --- the end of a whole round ---------------------------------------------------------------------


def _ended(of: _Round, run: SyncRun, total: int) -> SyncReport:
    error = _disbelieved(of.account_id, run.done, total)
    changed = 0 if error else _depart(of, run)
    run = syncs.finish(run, of.now, changed=changed, error=error)
    return SyncReport(run.done, run.changed, whole=True, error=error)


def _disbelieved(account_id: int, listed: int, total: int) -> str:
    """Why nobody is taken to have left on the word of this list; "" where it is believed."""
    if listed < total - total // SHORT:
        return f"the list held {listed} of {total}: nobody was taken to have left"
    if not listed and listing.anybody(account_id):
        return "the list was empty: nobody was taken to have left"
    return ""


def _depart(of: _Round, run: SyncRun) -> int:
    """Who followed before the round and was not met in it has left. In batches; repeatable."""
    left = 0
    while gone := listing.missing(of.account_id, run.id, run.started_at, BATCH):
        with transaction():
            moved = sum(_left(of, one, run.started_at, f"run:{run.id}") for one in gone)
        left += moved
        if not moved:  # all of them came back meanwhile, or an old mark of theirs is later
            break
    return left
