"""Tags 标签 both ways, and the blacklist.

What the platform is known to hold stands beside what we hold, so that each look tells who changed
something there since: a tag that appeared or went is a `tag` event of source "wechat", dated when
it was noticed, and the fold lets the last word count. So the platform's removal beats a tag set
earlier here, and one that is set here afterwards goes out again. Of our own tags only those that
are pushed go out; what we wrote there ourselves is no news at the next look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.errors import Conflict, InvalidInput, MessageRefused, RequestRejected, UserUnreachable
from bot.profile.refresh import fold_new
from bot.store import events, followers, listing, platform_tags, syncs
from bot.store.db import transaction
from bot.store.platform_tags import PlatformTag
from bot.store.segments import mark_dirty
from bot.store.syncs import SyncRun
from bot.wechat import lists
from bot.wechat.client import WeChatClient

KIND = "tags"
SOURCE = "wechat"
NAME_BYTES = 30
MOST_TAGS = 100
SPAN = 500


@dataclass(frozen=True, slots=True)
class Pushed:
    """What went out. `refused`: followers of whom the platform did not take it (20 tags, left)."""

    added: int = 0
    taken: int = 0
    refused: int = 0

    def __add__(self, other: Pushed) -> Pushed:
        return Pushed(
            self.added + other.added, self.taken + other.taken, self.refused + other.refused
        )


@dataclass(frozen=True, slots=True)
class TagReport:
    """`changed`: tags that appeared or went there; `blacklist`: comings and goings on it."""

    tags: int
    changed: int
    blacklist: int
    pushed: Pushed
    whole: bool = True


def sync(
    account_id: int,
    client: WeChatClient,
    now: datetime,
    go_on: Callable[[], bool] = lambda: True,
) -> TagReport:
    """Bring tags in, then send out those that are pushed; and read the blacklist."""
    blocked = read_blacklist(account_id, client, now)
    run = _pull(account_id, client, now, go_on)
    whole = run.state == "done"
    fold_new(now)
    pushed = Pushed()
    for tag in platform_tags.of_account(account_id) if whole else ():
        if tag.pushed:
            pushed += push(account_id, client, tag, now)
    tags = len(platform_tags.of_account(account_id))
    return TagReport(tags, run.changed, blocked, pushed, whole)


# --- in -------------------------------------------------------------------------------------------


def read_tags(account_id: int, client: WeChatClient, now: datetime) -> dict[int, int]:
    """Which tags there are now: platform id -> ours. One that went there goes here, too."""
    told = {int(one["id"]): one for one in client.tags()}
    for held in platform_tags.of_account(account_id):
        name = str(told.get(held.tag_id, {}).get("name", ""))
        if name != held.name:  # deleted, or renamed: then its followers are met anew
            _take_off(account_id, held, now)
    with transaction():
        for tag_id, one in told.items():
            platform_tags.put(account_id, tag_id, str(one["name"]), int(one.get("count", 0)), now)
    return {tag.tag_id: tag.id for tag in platform_tags.of_account(account_id)}


def now_has(account_id: int, follower_id: int, tags: set[int], now: datetime) -> int:
    """The platform holds exactly these (our ids) of a follower; how many that changed."""
    before = platform_tags.tags_of(follower_id)
    if before == tags:
        return 0
    named = {tag.id: tag for tag in platform_tags.of_account(account_id)}
    for id_ in tags - before:
        platform_tags.note(id_, [follower_id], 0, now)
        _tell(account_id, named[id_].name, [follower_id], True, now)
    for id_ in before - tags:
        platform_tags.forget(id_, [follower_id])
        _tell(account_id, named[id_].name, [follower_id], False, now)
    return len(before ^ tags)


def _pull(
    account_id: int, client: WeChatClient, now: datetime, go_on: Callable[[], bool]
) -> SyncRun:
    """One round through the followers of each tag."""
    run = syncs.begin(account_id, KIND, now)
    read_tags(account_id, client, now)
    for tag in platform_tags.of_account(account_id):
        at, _, next_openid = run.place.partition("|")
        if at and tag.tag_id < int(at):
            continue
        if at and tag.tag_id > int(at):
            next_openid = ""
        run = _pull_tag(client, tag, run, next_openid, now, go_on)
        if not go_on():
            return run
    return syncs.finish(run, now)


def _pull_tag(
    client: WeChatClient,
    tag: PlatformTag,
    run: SyncRun,
    next_openid: str,
    now: datetime,
    go_on: Callable[[], bool],
) -> SyncRun:
    while go_on():
        page = lists.tag_members(client, tag.tag_id, next_openid)
        changed = 0
        for start in range(0, len(page.openids), SPAN):
            changed += _met(run, tag, page.openids[start : start + SPAN], now)
        if not page.openids:
            changed = _vanished(run, tag, now)
            return syncs.advance(run, f"{tag.tag_id + 1}|", now, changed=changed)
        next_openid = page.next_openid or page.openids[-1]
        place = f"{tag.tag_id}|{next_openid}"
        run = syncs.advance(run, place, now, done=len(page.openids), changed=changed)
    return run


def _met(run: SyncRun, tag: PlatformTag, openids: Sequence[str], now: datetime) -> int:
    """Strangers are left to the follower sync, which brings their tags along."""
    ids = [one.id for one in listing.known(run.account_id, openids).values()]
    with transaction():
        new = platform_tags.note(tag.id, ids, run.id, now)
        _tell(run.account_id, tag.name, new, True, now)
    return len(new)


def _vanished(run: SyncRun, tag: PlatformTag, now: datetime) -> int:
    gone = 0
    while ids := platform_tags.vanished(tag.id, run.id, run.started_at, SPAN):
        with transaction():
            platform_tags.forget(tag.id, ids)
            _tell(run.account_id, tag.name, ids, False, now)
        gone += len(ids)
    return gone


def _take_off(account_id: int, tag: PlatformTag, now: datetime) -> None:
    """The tag is gone from the platform, or is another one now."""
    while ids := platform_tags.carrying(tag.id, SPAN):
        with transaction():
            platform_tags.forget(tag.id, ids)
            _tell(account_id, tag.name, ids, False, now)
    platform_tags.remove(tag.id)


def _tell(account_id: int, name: str, ids: Iterable[int], on: bool, now: datetime) -> None:
    """The event of each; in the transaction that notes what the platform holds, so told once."""
    told = list(ids)
    facts = {"tag": name, "on": on, "source": SOURCE}
    ms = int(now.timestamp() * 1000)
    events.append_many(
        [
            events.row(
                account_id, id_, "tag", now, now, SOURCE, f"{name}:{id_}:{on}:{ms}", facts, None
            )
            for id_ in told
        ]
    )
    mark_dirty(told)


# --- out ------------------------------------------------------------------------------------------


def start_pushing(account_id: int, client: WeChatClient, name: str, now: datetime) -> PlatformTag:
    """Our tag of this name goes to the platform from now on; made there where it is missing.

    Raises InvalidInput for a name that cannot be one there, Conflict where there are 100 already.
    """
    if not name.strip() or len(name.encode()) > NAME_BYTES:
        raise InvalidInput(f"a platform tag's name has 1 to {NAME_BYTES} bytes", "tag")
    read_tags(account_id, client, now)
    known = {tag.name: tag for tag in platform_tags.of_account(account_id)}
    if name not in known:
        if len(known) >= MOST_TAGS:
            raise Conflict(f"the platform holds {MOST_TAGS} tags at most: delete one first")
        platform_tags.put(account_id, client.create_tag(name), name, 0, now)
    tag = platform_tags.named(account_id, name)
    if tag.tag_id in lists.RESERVED_TAGS:
        raise Conflict(f"{name!r} is a tag of the platform's own")
    platform_tags.set_pushed(tag.id, True)
    return tag


def push(account_id: int, client: WeChatClient, tag: PlatformTag, now: datetime) -> Pushed:
    """Send out what differs: who carries our tag and lacks it there, and the other way round."""
    return _send(account_id, client, tag, True, now) + _send(account_id, client, tag, False, now)


def _send(
    account_id: int, client: WeChatClient, tag: PlatformTag, on: bool, now: datetime
) -> Pushed:
    done = refused = after = 0
    while True:
        most = lists.TAGGED_AT_ONCE
        ids = (
            platform_tags.to_add(account_id, tag, after, most, now)
            if on
            else platform_tags.to_take(tag, after, most, now)
        )
        if not ids:
            return Pushed(done, 0, refused) if on else Pushed(0, done, refused)
        taken = _carried_out(client, tag, ids, on)
        with transaction():
            if on:
                platform_tags.note(tag.id, taken, 0, now)
            else:
                platform_tags.forget(tag.id, taken)
        done, refused, after = done + len(taken), refused + len(ids) - len(taken), ids[-1]


def _carried_out(client: WeChatClient, tag: PlatformTag, ids: Sequence[int], on: bool) -> list[int]:
    """Those of whom the platform took it. It takes all or none: a refused call is cut in two."""
    openids = followers.openids_of(ids)
    try:
        (client.tag_users if on else client.untag_users)(tag.tag_id, list(openids.values()))
    except (RequestRejected, UserUnreachable, MessageRefused) as error:
        if error.errcode not in _OF_ONE:
            raise
        if len(openids) <= 1:
            return []
        named = sorted(openids)
        half = len(named) // 2
        return [
            *_carried_out(client, tag, named[:half], on),
            *_carried_out(client, tag, named[half:], on),
        ]
    return sorted(openids)


# 20 tags already, of another account, no follower: it is about one of them, not about the call.
_OF_ONE = (45059, 49003, 40003, 43004)


def delete(account_id: int, client: WeChatClient, name: str, now: datetime) -> PlatformTag:
    """Delete a tag on the platform. Here it stays with whom we gave it to ourselves."""
    tag = platform_tags.named(account_id, name)
    lists.delete_tag(client, tag.tag_id)
    while ids := platform_tags.from_platform(tag, SPAN):
        with transaction():
            platform_tags.forget(tag.id, ids)
            _tell(account_id, tag.name, ids, False, now)
    platform_tags.remove(tag.id)
    return tag


# --- the blacklist --------------------------------------------------------------------------------


def read_blacklist(account_id: int, client: WeChatClient, now: datetime) -> int:
    """Our copy becomes the platform's list; how many came or went. Strangers are left out."""
    before, met = listing.blacklisted(account_id), set()
    changed = 0
    for page in lists.blacklist(client):
        ids = {one.id for one in listing.known(account_id, page.openids).values()}
        met |= ids
        changed += _listed(account_id, sorted(ids - before), True, now)
    return changed + _listed(account_id, sorted(before - met), False, now)


def block(account_id: int, client: WeChatClient, follower_id: int, on: bool, now: datetime) -> bool:
    """Put somebody on the platform's list or take them off; then on our copy. False: was so.

    Raises NotFound, and Conflict for somebody who was erased.
    """
    state = followers.get(follower_id)
    openid = followers.openid_of(follower_id)
    if openid is None or state.account_id != account_id:
        raise Conflict(f"follower {follower_id} was erased, or is of another account")
    lists.block(client, [openid], on)
    return _listed(account_id, [follower_id], on, now) == 1


def block_all(
    account_id: int, client: WeChatClient, ids: Sequence[int], on: bool, now: datetime
) -> int:
    """The same for some dozens of the account; of how many that is new. Others are passed by."""
    mine = sorted(listing.present(account_id, ids))
    lists.block(client, list(followers.openids_of(mine).values()), on)
    return _listed(account_id, mine, on, now)


def _listed(account_id: int, ids: Sequence[int], on: bool, now: datetime) -> int:
    with transaction():
        new = listing.set_blacklisted(ids, on)
        facts = {"on": on, "source": SOURCE}
        ms = int(now.timestamp() * 1000)
        rows = [
            (account_id, id_, "blacklist", now, now, SOURCE, f"blacklist:{id_}:{on}:{ms}", facts)
            for id_ in new
        ]
        events.append_many([events.row(*one, None) for one in rows])
        mark_dirty(new)
    return len(new)
