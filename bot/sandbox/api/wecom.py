"""WeCom's calls (6.2): the corp's token, customers, tags, welcome and bulk messages.

They share the path /cgi-bin/ with the Official Account's, but neither tokens nor words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.sandbox.gateway import Desk, Fields, Handler, endpoint, ok
from bot.sandbox.wecom import TOKEN_LIFE, Corp, Customer, Follow, Task, WeComError, corp

BATCH = 100
AT_ONCE = 10_000  # customers of a bulk message
ATTACHMENTS = 9
LONGEST_TEXT = 4000  # bytes

Ask = Callable[[Desk, Corp, Mapping[str, str], Fields], Fields]


@endpoint("GET", "/cgi-bin/gettoken", token=False)
def get_token(desk: Desk, query: Mapping[str, str], _body: Fields) -> Fields:
    """The same token until it ends, however often it is asked for."""
    world, room = desk.world, corp(desk.world)
    address = desk.call.client_ip
    for name, errcode in (("corpid", 41002), ("corpsecret", 41004)):
        if not query.get(name):
            raise WeComError(errcode, address)
    if query["corpid"] != room.corpid:
        raise WeComError(40013, address)
    if query["corpsecret"] != room.secret:
        raise WeComError(40001, address)
    now = world.clock()
    if room.access is None or now >= room.access[1]:
        room.access = (world.ids.urlsafe(160), now + TOKEN_LIFE)
        room.former.add(room.access[0])
    text, until = room.access
    return ok(access_token=text, expires_in=int((until - now).total_seconds()))


def contact(method: str, name: str) -> Callable[[Ask], Handler]:
    """Registers a call under /cgi-bin/externalcontact/: corp's token, right and address first."""

    def register(ask: Ask) -> Handler:
        def handler(desk: Desk, query: Mapping[str, str], body: Fields) -> Fields:
            room = corp(desk.world)
            try:
                _admit(desk, room, query.get("access_token", ""))
                return ask(desk, room, query, body)
            except WeComError as error:
                error.client_ip = desk.call.client_ip
                raise

        return endpoint(method, f"/cgi-bin/externalcontact/{name}", token=False)(handler)

    return register


def _admit(desk: Desk, room: Corp, token: str) -> None:
    """41001, 40014, 42001 for the token; 60020 address, 45033 too busy, 48002 app not allowed."""
    if not token:
        raise WeComError(41001)
    current = room.access is not None and token == room.access[0]
    if not current and token not in room.former:
        raise WeComError(40014)
    if not current or room.access is None or desk.world.clock() >= room.access[1]:
        raise WeComError(42001)
    if room.trusted and desk.call.client_ip not in room.trusted:
        raise WeComError(60020)
    if room.busy:
        room.busy -= 1
        raise WeComError(45033)
    if not room.allowed:
        raise WeComError(48002)


# --- reading a body ----------------------------------------------------------------------------


def text_of(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise WeComError(40058)
    return value


def whole(value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise WeComError(40058)
    return value


def names(value: object, most: int) -> list[str]:
    """A list of texts, [] where it is left out."""
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > most:
        raise WeComError(40058)
    if not all(isinstance(one, str) for one in value):
        raise WeComError(40058)
    return value


def page(found: list[Any], body: Fields, most: int, size: int | None = None) -> tuple[Any, str]:
    """The part behind `cursor`, and the next cursor, "" at the end."""
    limit = whole(body.get("limit", most if size is None else size), 1, most)
    cursor = body.get("cursor") or "0"
    if not isinstance(cursor, str) or not cursor.isdecimal():
        raise WeComError(40058)
    at = int(cursor)
    following = at + limit
    return found[at:following], str(following) if following < len(found) else ""


def member(room: Corp, userid: object) -> str:
    if not isinstance(userid, str) or not userid:
        raise WeComError(40058)
    if userid not in room.members:
        raise WeComError(60111)
    return userid


def _customer(room: Corp, external: object) -> Customer:
    """40096 for who never was one, 84061 for who is nobody's any more."""
    found = room.customers.get(external) if isinstance(external, str) else None
    if found is None:
        raise WeComError(40096)
    if not found.follows:
        raise WeComError(84061)
    return found


# --- customers ---------------------------------------------------------------------------------


@contact("GET", "get_follow_user_list")
def serving_members(_desk: Desk, room: Corp, _query: Mapping[str, str], _body: Fields) -> Fields:
    return ok(follow_user=list(room.members))


@contact("GET", "list")
def list_customers(_desk: Desk, room: Corp, query: Mapping[str, str], _body: Fields) -> Fields:
    customers = room.of(member(room, query.get("userid")))
    if not customers:
        raise WeComError(84061)
    return ok(external_userid=[one.external_userid for one in customers])


@contact("GET", "get")
def get_customer(_desk: Desk, room: Corp, query: Mapping[str, str], _body: Fields) -> Fields:
    found = _customer(room, query.get("external_userid"))
    follows = [_follow(room, one, whole_tags=True) for one in found.follows.values()]
    return ok(external_contact=_contact(room, found), follow_user=follows)


def _contact(room: Corp, customer: Customer) -> Fields:
    shown = {
        "external_userid": customer.external_userid,
        "name": customer.name,
        "type": 1,
        "avatar": "",
        "gender": 0,
    }
    return {**shown, "unionid": customer.unionid} if room.bound else shown


def _follow(room: Corp, follow: Follow, whole_tags: bool) -> Fields:
    tags = [
        {"group_name": room.tag_groups[room.tags[one][0]][0], "tag_name": room.tags[one][1]}
        | {"tag_id": one, "type": 1}
        for one in follow.tags
    ]
    return {
        "userid": follow.userid,
        "remark": follow.remark,
        "description": "",
        "createtime": int(follow.since.timestamp()),
        **({"tags": tags} if whole_tags else {"tag_id": list(follow.tags)}),
        "add_way": follow.add_way,
        **({"state": follow.state} if follow.state else {}),
    }


@contact("POST", "batch/get_by_user")
def customers_of(_desk: Desk, room: Corp, _query: Mapping[str, str], body: Fields) -> Fields:
    userids = names(body.get("userid_list"), BATCH)
    if not userids:
        raise WeComError(40058)
    found = [(one, who) for who in userids for one in room.of(member(room, who))]
    part, cursor = page(found, body, BATCH, 50)
    shown = [
        {
            "external_contact": _contact(room, one),
            "follow_info": _follow(room, one.follows[who], whole_tags=False),
        }
        for one, who in part
    ]
    return ok(external_contact_list=shown, next_cursor=cursor)


@contact("POST", "unionid_to_external_userid")
def of_unionid(desk: Desk, room: Corp, _query: Mapping[str, str], body: Fields) -> Fields:
    """40058 where unionid and openid are not one person's, 84061 for who is no customer."""
    unionid, openid = text_of(body, "unionid"), text_of(body, "openid")
    person = desk.world.people.get(openid)
    if person is None or person.unionid != unionid:
        raise WeComError(40058)
    for one in room.customers.values():
        if one.unionid == unionid and one.follows:
            return ok(external_userid=one.external_userid)
    raise WeComError(84061)


# --- tags --------------------------------------------------------------------------------------


@contact("POST", "get_corp_tag_list")
def list_tags(_desk: Desk, room: Corp, _query: Mapping[str, str], body: Fields) -> Fields:
    """All, or those of `tag_id`, or of `group_id`."""
    tags, groups = names(body.get("tag_id"), 1000), names(body.get("group_id"), 1000)
    chosen = {
        tag_id: (group_id, name, since)
        for tag_id, (group_id, name, since) in room.tags.items()
        if (not tags and not groups) or tag_id in tags or (not tags and group_id in groups)
    }
    shown = [
        {
            "group_id": group_id,
            "group_name": name,
            "create_time": int(since.timestamp()),
            "order": 0,
            "tag": [
                {"id": one, "name": called, "create_time": int(at.timestamp()), "order": 0}
                for one, (of, called, at) in chosen.items()
                if of == group_id
            ],
        }
        for group_id, (name, since) in room.tag_groups.items()
        if any(of == group_id for of, _name, _at in chosen.values())
    ]
    return ok(tag_group=shown)


@contact("POST", "mark_tag")
def mark(_desk: Desk, room: Corp, _query: Mapping[str, str], body: Fields) -> Fields:
    userid = member(room, body.get("userid"))
    follow = _customer(room, body.get("external_userid")).follows.get(userid)
    if follow is None:
        raise WeComError(84061)
    more, less = names(body.get("add_tag"), 1000), names(body.get("remove_tag"), 1000)
    if not more and not less:
        raise WeComError(40058)
    if any(one not in room.tags for one in (*more, *less)):
        raise WeComError(40068)
    kept = [one for one in follow.tags if one not in less]
    follow.tags = [*kept, *(one for one in dict.fromkeys(more) if one not in kept)]
    return ok()


# --- messages ----------------------------------------------------------------------------------


def _content(body: Fields) -> Fields:
    """Text, attachments or both; 40058 for neither, or too much."""
    text, attachments = body.get("text"), body.get("attachments", [])
    if not isinstance(attachments, list) or len(attachments) > ATTACHMENTS:
        raise WeComError(40058)
    said = text.get("content") if isinstance(text, dict) else None
    if text is not None and (not isinstance(said, str) or not said):
        raise WeComError(40058)
    if len((said or "").encode()) > LONGEST_TEXT or not (said or attachments):
        raise WeComError(40058)
    return {"text": said or "", "attachments": attachments}


@contact("POST", "send_welcome_msg")
def welcome(desk: Desk, room: Corp, _query: Mapping[str, str], body: Fields) -> Fields:
    """Within twenty seconds, once (41051), and before anybody has written (41050)."""
    found, now = room.welcomes.get(text_of(body, "welcome_code")), desk.world.clock()
    if found is None or found.used or now >= found.until:
        raise WeComError(41051)
    if found.chatted:
        raise WeComError(41050)
    content = _content(body)
    found.used = True
    room.welcomed.append((found.external_userid, content))
    desk.world.ledger.add("wecom_welcome", now, external_userid=found.external_userid)
    return ok()


@contact("POST", "add_msg_template")
def add_bulk_message(desk: Desk, room: Corp, _query: Mapping[str, str], body: Fields) -> Fields:
    """A task for members; 41048 where it could reach nobody. A group message wants its sender."""
    kind = body.get("chat_type", "single")
    if kind not in ("single", "group"):
        raise WeComError(40058)
    wanted, sender = names(body.get("external_userid"), AT_ONCE), ""
    if body.get("sender") or kind == "group":
        sender = member(room, body.get("sender"))
    if (kind == "group" and wanted) or not (wanted or sender):
        raise WeComError(40058)
    content = _content(body)
    to, failed = _receivers(room, kind, wanted, sender)
    if not to:
        raise WeComError(41048)
    msgid = f"msg{desk.world.ids.urlsafe(21)}"
    room.tasks[msgid] = Task(msgid, sender, kind, to, content)
    desk.world.ledger.add("wecom_task", desk.world.clock(), msgid=msgid, count=len(to))
    return ok(fail_list=failed, msgid=msgid)


def _receivers(
    room: Corp, kind: str, wanted: list[str], sender: str
) -> tuple[list[str], list[str]]:
    if kind == "group":
        return [one.chat_id for one in room.groups.values() if one.owner == sender], []
    own = {
        one.external_userid
        for one in room.customers.values()
        if (sender in one.follows if sender else one.follows)
    }
    if not wanted:
        return sorted(own), []
    asked = list(dict.fromkeys(wanted))
    return [one for one in asked if one in own], [one for one in asked if one not in own]
