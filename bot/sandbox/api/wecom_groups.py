"""WeCom's groups and Moments of customers (6.2): who is in them, how many, never what was said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.clock import SHANGHAI
from bot.sandbox.api.wecom import BATCH, contact, member, names, page, text_of, whole
from bot.sandbox.gateway import Desk, Fields, ok
from bot.sandbox.wecom import Corp, Group, InGroup, WeComError, present

GROUPS, MOMENTS = 1000, 20  # a page of each
SPAN = timedelta(days=30)  # of Moments, and of statistics
BACK = timedelta(days=180)  # so far statistics reach
DAY = timedelta(days=1)
LAST = 1 << 40


def _owners(room: Corp, body: Fields, required: bool = False) -> list[str]:
    given = body.get("owner_filter")
    if given is not None and not isinstance(given, dict):
        raise WeComError(40058)
    owners = names((given or {}).get("userid_list"), BATCH)
    if required and not owners:
        raise WeComError(40058)
    return [member(room, one) for one in owners]


def _instant(body: Fields, name: str) -> datetime:
    return datetime.fromtimestamp(whole(body.get(name), 0, LAST), UTC)


@contact("POST", "groupchat/list")
def list_groups(_desk: Desk, room: Corp, _query: Mapping[str, str], body: Fields) -> Fields:
    """status_filter: 0 all; no group here is in the hands of somebody who left (1, 2, 3)."""
    owners, status = _owners(room, body), whole(body.get("status_filter", 0), 0, 3)
    whole(body.get("limit"), 1, GROUPS)
    found = [one for one in room.groups.values() if not owners or one.owner in owners]
    part, cursor = page([] if status else found, body, GROUPS)
    shown = [{"chat_id": one.chat_id, "status": 0} for one in part]
    return ok(group_chat_list=shown, **({"next_cursor": cursor} if cursor else {}))


@contact("POST", "groupchat/get")
def get_group(_desk: Desk, room: Corp, _query: Mapping[str, str], body: Fields) -> Fields:
    group = room.groups.get(text_of(body, "chat_id"))
    if group is None:
        raise WeComError(40050)
    named = whole(body.get("need_name", 0), 0, 1)
    shown = {
        "chat_id": group.chat_id,
        "name": group.name,
        "owner": group.owner,
        "create_time": int(group.created_at.timestamp()),
        "notice": group.notice,
        "member_list": [_member(room, one, bool(named)) for one in present(group)],
        "admin_list": [],
    }
    return ok(group_chat=shown)


def _member(room: Corp, one: InGroup, named: bool) -> Fields:
    customer = room.customers.get(one.userid)
    name = room.members.get(one.userid) or (customer.name if customer else "")
    return {
        "userid": one.userid,
        "type": one.kind,
        "join_time": int(one.joined_at.timestamp()),
        "join_scene": one.scene,
        "group_nickname": "",
        **({"name": name} if named else {}),
        **({"unionid": customer.unionid} if customer and room.bound else {}),
    }


@contact("POST", "groupchat/statistic")
def group_statistics(desk: Desk, room: Corp, _query: Mapping[str, str], body: Fields) -> Fields:
    """By owner, over whole days of Shanghai: at most 30, and none older than 180."""
    owners = list(dict.fromkeys(_owners(room, body, required=True)))
    begins, ends = _days(desk.world.clock(), body)
    order = whole(body.get("order_by", 1), 1, 4)
    rising = whole(body.get("order_asc", 0), 0, 1)
    offset, limit = whole(body.get("offset", 0), 0, LAST), whole(body.get("limit", 500), 1, GROUPS)
    groups = {who: [one for one in room.groups.values() if one.owner == who] for who in owners}
    rows = [{"owner": who, "data": _counted(groups[who], begins, ends)} for who in owners]
    key = ("new_chat_cnt", "new_chat_cnt", "new_member_cnt", "member_total")[order - 1]
    rows.sort(key=lambda row: _figure(row, key), reverse=not rising)
    part = rows[offset : offset + limit]
    return ok(total=len(rows), next_offset=offset + len(part), items=part)


def _figure(row: Mapping[str, Any], key: str) -> int:
    return int(row["data"][key])


def _days(now: datetime, body: Fields) -> tuple[datetime, datetime]:
    begins = _instant(body, "day_begin_time")
    last = _instant(body, "day_end_time") if "day_end_time" in body else begins
    for day in (begins, last):
        local = day.astimezone(SHANGHAI)
        if (local.hour, local.minute, local.second) != (0, 0, 0):
            raise WeComError(40058)
    if not begins <= last < begins + SPAN or last >= now or begins < now - BACK:
        raise WeComError(40058)
    return begins, last + DAY


def _counted(groups: list[Group], begins: datetime, ends: datetime) -> Fields:
    """new_ and msg: within the days; _total: at their end."""
    there = [one for one in groups if one.created_at < ends]
    people = [one for group in there for one in group.people]
    said = [(at, (group.chat_id, who)) for group in there for at, who in group.said]
    within = [who for at, who in said if begins <= at < ends]
    return {
        "new_chat_cnt": sum(one.created_at >= begins for one in there),
        "chat_total": len(there),
        "chat_has_msg": len({chat_id for chat_id, _who in within}),
        "new_member_cnt": sum(begins <= one.joined_at < ends for one in people),
        "member_total": sum(_in_it(one, ends) for one in people),
        "member_has_msg": len(set(within)),
        "msg_total": len(within),
    }


def _in_it(one: InGroup, at: datetime) -> bool:
    return one.joined_at < at and (one.left_at is None or one.left_at >= at)


# --- Moments -----------------------------------------------------------------------------------


@contact("POST", "get_moment_list")
def list_moments(_desk: Desk, room: Corp, _query: Mapping[str, str], body: Fields) -> Fields:
    """At most 30 days a query. filter_type: 0 the corp's, 1 members' own, 2 both."""
    begins, ends = _instant(body, "start_time"), _instant(body, "end_time")
    if not begins < ends <= begins + SPAN:
        raise WeComError(40058)
    kind = whole(body.get("filter_type", 2), 0, 2)
    creator = member(room, body["creator"]) if body.get("creator") else ""
    found = [
        one
        for one in room.moments.values()
        if begins <= one.created_at <= ends
        and creator in ("", one.creator)
        and kind in (2, 0 if one.corp else 1)
    ]
    part, cursor = page(found, body, MOMENTS)
    shown = [
        {
            "moment_id": one.id,
            "creator": one.creator,
            "create_time": str(int(one.created_at.timestamp())),
            "create_type": 0 if one.corp else 1,
            "visible_type": 1,
            "text": {"content": one.text},
        }
        for one in part
    ]
    return ok(next_cursor=cursor, moment_list=shown)


@contact("POST", "get_moment_comments")
def moment_comments(_desk: Desk, room: Corp, _query: Mapping[str, str], body: Fields) -> Fields:
    """Who commented and who liked, and when; not what was written."""
    moment = room.moments.get(text_of(body, "moment_id"))
    if moment is None or member(room, body.get("userid")) != moment.creator:
        raise WeComError(40058)
    return ok(
        comment_list=[_by(room, who, at) for who, at in moment.comments],
        like_list=[_by(room, who, at) for who, at in moment.likes],
    )


def _by(room: Corp, who: str, at: datetime) -> Fields:
    name = "userid" if who in room.members else "external_userid"
    return {name: who, "create_time": int(at.timestamp())}
