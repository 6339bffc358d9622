"""Sessions between agents and followers, who waits for one, and what was said (客服会话)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import islice

from bot.sandbox.api.kf import opened
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, endpoint, number, ok

WAITING_LISTED = 100
LOG_SPAN = timedelta(hours=24)
LOG_PAGE = 10_000


def _met(desk: Desk, openid: object) -> str:
    """40003 for whoever never followed; one who left can still be asked about."""
    person = desk.world.people.get(openid) if isinstance(openid, str) else None
    if person is None or person.subscribe_at is None:
        raise PlatformError(40003)
    return person.openid


@endpoint("POST", "/customservice/kfsession/create")
def create(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """A session that is there already answers 0 too."""
    _, agents = opened(desk)
    account = agents.known(body.get("kf_account")).account
    agents.take(account, _met(desk, body.get("openid")))
    return ok()


@endpoint("POST", "/customservice/kfsession/close")
def close(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    _, agents = opened(desk)
    account = agents.known(body.get("kf_account")).account
    agents.close(account, _met(desk, body.get("openid")))
    return ok()


@endpoint("GET", "/customservice/kfsession/getsession")
def session_of(desk: Desk, query: Mapping[str, str], _body: Fields) -> Fields:
    """kf_account is empty where nobody serves."""
    service, _ = opened(desk)
    session = service.sessions.get(_met(desk, query.get("openid")))
    if session is None:
        return {"createtime": 0, "kf_account": ""}
    return {
        "createtime": int(session.created_at.timestamp()),
        "kf_account": session.account,
    }


@endpoint("GET", "/customservice/kfsession/getsessionlist")
def sessions_of(desk: Desk, query: Mapping[str, str], _body: Fields) -> Fields:
    service, agents = opened(desk)
    account = agents.bound(query.get("kf_account")).account
    served = [
        {"createtime": int(session.created_at.timestamp()), "openid": openid}
        for openid, session in service.served_by(account)
    ]
    return {"sessionlist": served}


@endpoint("GET", "/customservice/kfsession/getwaitcase")
def waiting(desk: Desk, _query: Mapping[str, str], _body: Fields) -> Fields:
    """The first hundred in the order in which they came; `count` counts all."""
    service, _ = opened(desk)
    first = [
        {"latest_time": int(one.latest_at.timestamp()), "openid": openid}
        for openid, one in islice(service.waiting.items(), WAITING_LISTED)
    ]
    return {"count": len(service.waiting), "waitcaselist": first}


@endpoint("POST", "/customservice/msgrecord/getmsglist")
def log(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """What followed the record `msgid` within the times; `msgid` of the answer asks for the next.

    65416 a value that is none, 65417 more than 24 hours.
    """
    service, _ = opened(desk)
    start, end, after, most = (
        number(body.get(name), 65416) for name in ("starttime", "endtime", "msgid", "number")
    )
    if start < 0 or end < start or after < 1 or not 1 <= most <= LOG_PAGE:
        raise PlatformError(65416)
    if end - start > LOG_SPAN.total_seconds():
        raise PlatformError(65417)
    found = (
        record
        for record in service.records
        if record.msgid > after and start <= int(record.at.timestamp()) <= end
    )
    page = list(islice(found, most))
    return {
        "recordlist": [record.as_json() for record in page],
        "number": len(page),
        "msgid": page[-1].msgid if page else 0,
    }
