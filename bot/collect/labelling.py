"""Tags that people of the house give: put on, taken off, renamed, removed.

Each is a `tag` event of source "operator", so that the fold lets the last word count, whoever says
it. What stands on the platform follows at the next sync where the tag is sent there; a tag that the
platform made is renamed and deleted there first, for it would come back from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from bot.clock import to_ms
from bot.errors import Conflict, InvalidInput, NotFound
from bot.profile.refresh import fold_new, fold_of
from bot.store import events, journeys, listing, made_tags, platform_tags, segments, tag_list
from bot.store.db import transaction
from bot.store.platform_tags import PlatformTag
from bot.store.tag_list import Carrier
from bot.values.personal import what_is
from bot.wechat import lists
from bot.wechat.client import WeChatClient

SOURCE = "operator"
LONGEST = 64
AT_ONCE = 200  # so many are folded one by one, for who looks just now
SPAN = 500

Progress = Callable[[int, int], object]


def _silent(done: int, total: int) -> None:
    return None


def checked(tag: str) -> str:
    """A tag's name without spaces around it. Raises InvalidInput."""
    name = tag.strip()
    if not 0 < len(name) <= LONGEST or not name.isprintable():
        raise InvalidInput(f"a tag has 1 to {LONGEST} characters", "tag")
    if what := what_is(name):
        raise InvalidInput(f"{what} is no tag: it says who somebody is", "tag")
    return name


def make(account_id: int, tag: str, by: str, now: datetime) -> str:
    """A tag that nobody has yet; its name. As with WeChat's own there are no two of a name.

    Raises InvalidInput, Conflict.
    """
    name = checked(tag)
    if known(account_id, name, now) or not made_tags.make(account_id, name, by, now):
        raise Conflict(f"there is a tag {name} already")
    return name


def known(account_id: int, tag: str, now: datetime) -> bool:
    """Whether there is such a tag: made by name, on somebody, or on the platform."""
    return bool(
        made_tags.has(account_id, tag)
        or tag_list.counts(account_id, [tag], now)[0].people
        or tag in {one.name for one in platform_tags.of_account(account_id)}
    )


def label(account_id: int, ids: Sequence[int], tag: str, on: bool, now: datetime) -> int:
    """Put a tag on some hundred followers of the account, or take it off; of how many that is new.

    Who is of another account, or was erased, is passed by. Raises InvalidInput.
    """
    name = checked(tag)
    mine = sorted(listing.present(account_id, ids))
    have = tag_list.having(name, mine, now)
    new = [Carrier(id_, None) for id_ in mine if (id_ in have) is not on]
    with transaction():
        _tell(account_id, name, on, new, now)
    for one in new[:AT_ONCE]:
        fold_of(one.follower_id, now)
    return len(new)


def rename(
    account_id: int,
    client: WeChatClient,
    old: str,
    new: str,
    now: datetime,
    progress: Progress = _silent,
) -> int:
    """Everybody who has the tag has it under another name; how many. Repeatable where it stopped.

    Raises InvalidInput, Conflict where a segment or journey names the old one, GatewayError.
    """
    name = checked(new)
    if name == old:
        raise InvalidInput("it has this name already", "tag")
    _check_unnamed(account_id, old)
    if (held := _there(account_id, old)) is not None:
        lists.rename_tag(client, held.tag_id, name)
        platform_tags.put(account_id, held.tag_id, name, held.fans, now)
    made_tags.rename(account_id, old, name)
    return _each(account_id, old, now, progress, renamed=name)


def remove(
    account_id: int, client: WeChatClient, tag: str, now: datetime, progress: Progress = _silent
) -> int:
    """Nobody has the tag any more, here or on the platform; how many had it. Repeatable.

    Raises Conflict where a segment or journey names it, GatewayError.
    """
    _check_unnamed(account_id, tag)
    if (held := _there(account_id, tag)) is not None:
        lists.delete_tag(client, held.tag_id)
        platform_tags.remove(held.id)
    made_tags.remove(account_id, tag)
    return _each(account_id, tag, now, progress)


def named_by(account_id: int, tag: str) -> list[str]:
    """The names of segments and journeys whose rules name the tag."""
    rules = [one.name for one in segments.of_account(account_id) if _names(one.rule, tag)]
    flows = [
        one.name
        for one in journeys.of_account(account_id)
        if one.version and _names(journeys.version(one.id, one.version).document, tag)
    ]
    return [*rules, *flows]


def _names(document: Any, tag: str) -> bool:
    if isinstance(document, dict):
        return document.get("tag") == tag or any(_names(part, tag) for part in document.values())
    return isinstance(document, list) and any(_names(part, tag) for part in document)


def _check_unnamed(account_id: int, tag: str) -> None:
    if users := named_by(account_id, tag):
        raise Conflict(f"{tag}: named by {'、'.join(users[:10])}; change them first")


def _there(account_id: int, tag: str) -> PlatformTag | None:
    try:
        held = platform_tags.named(account_id, tag)
    except NotFound:
        return None
    if held.tag_id in lists.RESERVED_TAGS:
        raise Conflict(f"{tag!r} is a tag of the platform's own")
    return held


def _each(account_id: int, tag: str, now: datetime, progress: Progress, renamed: str = "") -> int:
    """Take the tag off everybody, and put the new one on where there is one."""
    total = tag_list.counts(account_id, [tag], now)[0].people
    done = after = 0
    while page := tag_list.carriers(account_id, tag, after, SPAN, now):
        with transaction():
            if renamed:
                _tell(account_id, renamed, True, page, now)
            _tell(account_id, tag, False, page, now)
        done, after = done + len(page), page[-1].follower_id
        progress(done, max(total, done))
    while fold_new(now, most=5000):
        progress(done, max(total, done))
    return done


def _tell(account_id: int, tag: str, on: bool, people: Sequence[Carrier], now: datetime) -> None:
    """The event of each; of two within a millisecond one counts."""
    rows = [
        events.row(
            account_id, one.follower_id, "tag", now, now, SOURCE,
            f"{tag}:{one.follower_id}:{on}:{to_ms(now)}",
            {"tag": tag, "on": on, "source": SOURCE}
            | ({"until": one.until} if on and one.until is not None else {}),
            None,
        )
        for one in people
    ]  # fmt: skip
    for start in range(0, len(rows), SPAN):
        events.append_many(rows[start : start + SPAN])
    segments.mark_dirty([one.follower_id for one in people])
