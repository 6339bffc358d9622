"""A mass message on its way: admin's word, pace, delivery, result (4.7, 2.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.sandbox.acts import PLATFORM
from bot.sandbox.api.drafts import leave
from bot.sandbox.api.mass_content import Content
from bot.sandbox.articles import Post, release
from bot.sandbox.clock import month_of
from bot.sandbox.gateway import Desk, Fields
from bot.sandbox.people import Bubble, Person
from bot.sandbox.world import World

A_MONTH_EACH = 4
CHUNK = 1000  # people per task of the timeline: nobody else waits long meanwhile
SPEEDS = (800_000, 600_000, 450_000, 300_000, 100_000)  # people a minute
ADMIN_TIME = timedelta(minutes=30)
SUCCESS, FAIL = "send success", "send fail"
REFUSED, UNCONFIRMED = "err(40001)", "err(40002)"
REPRINTS = ("err(30001)", "err(30003)")  # only where the sender did not choose to send anyway
ENDS = (
    FAIL,
    *(f"err({n})" for n in (10001, 20001, 20002, 20004, 20006, 20008, 20013, 21000, 22000)),
    *(f"err({n})" for n in (30001, 30002, 30003, 40001, 40002)),
)
NOT_CHECKED, PASSED, REPRINT, STOPPED = range(4)  # CheckState


@dataclass(slots=True)
class Job:
    """status: SENDING | SEND_SUCCESS | SEND_FAIL | DELETE.

    people  who was left after the filters; emptied at the end
    end     the Status of its result
    waits   for the admin's confirmation
    """

    msg_id: int
    content: Content
    post: Post | None
    client_id: str
    total: int
    people: Sequence[Person]
    at: datetime
    waits: bool = False
    end: str = SUCCESS
    check: int = NOT_CHECKED
    status: str = "SENDING"
    filtered: int = 0
    reached: int = 0


@dataclass
class MassJobs:
    """clientmsgid -> msg_id and when; the jobs; whom this month's messages went to, how often."""

    ids: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    jobs: dict[int, Job] = field(default_factory=dict)
    month: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    speed: int = 0
    next_end: str = ""


def counts(world: World) -> dict[str, int]:
    """openid -> mass messages of this calendar month."""
    room, month = world.room(MassJobs), month_of(world.clock())
    if room.month != month:
        room.month, room.counts = month, {}
    return room.counts


# --- on demand ---------------------------------------------------------------------------------


def fail_next(world: World, end: str) -> None:
    """The next job ends with this Status, one of ENDS. Raises ValueError for another."""
    if end not in ENDS:
        raise ValueError(f"status: wants one of {', '.join(ENDS)}")
    world.room(MassJobs).next_end = end


def confirm(desk: Desk, msg_id: int) -> bool:
    """The admin allows it. False: it does not wait, or waited over 30 minutes."""
    with desk.world.lock:
        job = _waiting(desk, msg_id)
        if job is None:
            return False
        job.waits = False
        begin(desk, job)
        return True


def refuse(desk: Desk, msg_id: int) -> bool:
    """The admin forbids it: err(40001). False as with `confirm`."""
    with desk.world.lock:
        job = _waiting(desk, msg_id)
        if job is None:
            return False
        _finish(desk, job, REFUSED)
        return True


def _waiting(desk: Desk, msg_id: int) -> Job | None:
    expire(desk, msg_id)
    job = desk.world.room(MassJobs).jobs.get(msg_id)
    return job if job is not None and job.waits else None


def expire(desk: Desk, msg_id: int) -> None:
    """err(40002) for a job that waited for the admin 30 minutes."""
    with desk.world.lock:
        job = desk.world.room(MassJobs).jobs.get(msg_id)
        if job is not None and job.waits and desk.world.clock() - job.at >= ADMIN_TIME:
            _finish(desk, job, UNCONFIRMED)


# --- the way -----------------------------------------------------------------------------------


def start(desk: Desk, job: Job) -> None:
    """Waits for the admin, or begins."""
    if job.waits:
        desk.timeline.later(ADMIN_TIME.total_seconds(), lambda: expire(desk, job.msg_id))
    else:
        begin(desk, job)


def begin(desk: Desk, job: Job) -> None:
    desk.timeline.later(desk.world.config.limits.job_delay, lambda: _deliver(desk, job, 0))


def _deliver(desk: Desk, job: Job, first: int) -> None:
    """One chunk; the next follows at the pace of the speed set by then."""
    world = desk.world
    if job.end != SUCCESS:
        _finish(desk, job, job.end)
        return
    if first == 0 and job.post is not None:
        with world.lock:
            release(world, job.post, job.filtered)
    chunk = job.people[first : first + CHUNK]
    _hand_out(world, job, chunk)
    after = first + CHUNK
    if after >= len(job.people):
        _finish(desk, job, SUCCESS)
        return
    seconds = len(chunk) * 60 / SPEEDS[world.room(MassJobs).speed]
    desk.timeline.later(seconds, lambda: _deliver(desk, job, after))


def _hand_out(world: World, job: Job, chunk: Sequence[Person]) -> None:
    """One Bubble and one Accepted for the whole chunk."""
    url = job.post.articles[0].url if job.post else ""
    content, openids = job.content, [person.openid for person in chunk]
    text = f"{content.text} {url}".strip()
    world.accepted_by_all(openids, content.kind, "mass", str(job.msg_id), text, job.client_id)
    bubble = Bubble("account", content.kind, content.text, world.clock(), "mass", url)
    for person in chunk:
        if person.subscribed:
            world.show(person, bubble)
            job.reached += 1


def _finish(desk: Desk, job: Job, end: str) -> None:
    """The result, from the platform's own account. What reached nobody counts for no month."""
    world = desk.world
    with world.lock:
        job.waits, job.end = False, end
        job.status = "SEND_SUCCESS" if end == SUCCESS else "SEND_FAIL"
        if end == SUCCESS:
            leave(world, job.content.media_id)
        elif month_of(job.at) == month_of(world.clock()):
            sent = counts(world)
            for person in job.people:
                sent[person.openid] -= 1
        job.people = ()
        world.ledger.add("mass", world.clock(), msg_id=job.msg_id, status=end, sent=job.reached)
        sender = world.person(PLATFORM, "微信团队")
    desk.acts.job_finished(sender, _event(job))


def _event(job: Job) -> Fields:
    """MASSSENDJOBFINISH; FilterCount = SentCount + ErrorCount."""
    return {
        "Event": "MASSSENDJOBFINISH",
        "MsgID": job.msg_id,
        "Status": job.end,
        "TotalCount": job.total,
        "FilterCount": job.filtered,
        "SentCount": job.reached,
        "ErrorCount": job.filtered - job.reached,
        "CopyrightCheckResult": _copyright(job),
        "ArticleUrlResult": _addresses(job),
    }


def _copyright(job: Job) -> Fields:
    """The originality check of each article; empty where there was none to check."""
    reprint = job.check in (REPRINT, STOPPED)
    items = [
        {
            "ArticleIdx": article.index,
            "UserDeclareState": 0,
            "AuditState": 2 if reprint else 1,
            "OriginalArticleUrl": f"{article.url}?original=1" if reprint else "",
            "OriginalArticleType": int(reprint),
            "CanReprint": int(job.check == REPRINT),
            "NeedReplaceContent": int(reprint),
            "NeedShowReprintSource": int(reprint),
        }
        for article in (job.post.articles if job.post else ())
    ]
    return {"Count": len(items), "ResultList": _list(items), "CheckState": job.check}


def _addresses(job: Job) -> Fields:
    articles = job.post.articles if job.post and job.end == SUCCESS else ()
    items = [{"ArticleIdx": one.index, "ArticleUrl": one.url} for one in articles]
    return {"Count": len(items), "ResultList": _list(items)}


def _list(items: list[Fields]) -> Fields:
    """<item>s; nothing at all leaves the element empty."""
    return {"item": items} if items else {}
