"""Publishing: a draft becomes public without being sent to anybody (4.14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.sandbox.acts import PLATFORM
from bot.sandbox.api.drafts import draft, leave, news_json
from bot.sandbox.api.material import page
from bot.sandbox.articles import Post, compose, delete, release
from bot.sandbox.codes import PlatformError
from bot.sandbox.gateway import Desk, Fields, endpoint, number, ok
from bot.sandbox.world import World

OK, PUBLISHING, NOT_ORIGINAL, FAILED, REVIEW_REFUSED, DELETED, BANNED = range(7)
REFUSALS = (53503, 53504, 53505)


@dataclass(slots=True)
class Publication:
    """`article_id` "" until it is public; `failed`: the numbers of the articles to blame."""

    publish_id: int
    post: Post
    status: int = PUBLISHING
    article_id: str = ""
    failed: tuple[int, ...] = ()


@dataclass
class Publications:
    """By publish_id and by article_id; what the next ones shall meet."""

    jobs: dict[int, Publication] = field(default_factory=dict)
    public: dict[str, Publication] = field(default_factory=dict)
    next_refusal: int = 0
    next_end: tuple[int, tuple[int, ...]] | None = None


# --- on demand ---------------------------------------------------------------------------------


def refuse_next(world: World, errcode: int) -> None:
    """The next submit meets one of REFUSALS. Raises ValueError for another code."""
    if errcode not in REFUSALS:
        raise ValueError(f"errcode: wants one of {', '.join(map(str, REFUSALS))}")
    world.room(Publications).next_refusal = errcode


def fail_next(world: World, status: int, failed: Sequence[int] = (1,)) -> None:
    """The next job ends with this publish_status, for the articles of these numbers (from 1)."""
    if status not in (NOT_ORIGINAL, FAILED, REVIEW_REFUSED):
        raise ValueError("status: wants 2, 3 or 4")
    world.room(Publications).next_end = (status, tuple(failed))


def ban(world: World, article_id: str) -> bool:
    """The platform takes it all away (publish_status 6). False: there is no such article."""
    with world.lock:
        job = world.room(Publications).public.get(article_id)
        if job is None:
            return False
        delete(job.post)
        job.status = BANNED
        return True


# --- the calls ---------------------------------------------------------------------------------


@endpoint("POST", "/cgi-bin/freepublish/submit", 100, right="publish")
def submit(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """Takes the draft; PUBLISHJOBFINISH tells later what became of it."""
    world, room = desk.world, desk.world.room(Publications)
    media_id, found = str(body.get("media_id")), draft(world, body.get("media_id"))
    if room.next_refusal:
        errcode, room.next_refusal = room.next_refusal, 0
        raise PlatformError(errcode)
    job = Publication(world.next_msgid(), compose(world, found.news, "publish"))
    room.jobs[job.publish_id] = job
    end, room.next_end = room.next_end, None
    desk.timeline.later(
        world.config.limits.job_delay, lambda: _finish(desk, job, media_id, end or (OK, ()))
    )
    return ok(publish_id=str(job.publish_id), msg_data_id=job.post.msg_data_id)


def _finish(desk: Desk, job: Publication, media_id: str, end: tuple[int, tuple[int, ...]]) -> None:
    world = desk.world
    with world.lock:
        job.status, job.failed = end
        if job.status == OK:
            job.article_id = world.ids.urlsafe(32)
            release(world, job.post)
            world.room(Publications).public[job.article_id] = job
            leave(world, media_id)
        info = _told(job, {"publish_id": job.publish_id, "publish_status": job.status})
        sender = world.person(PLATFORM, "微信团队")
        world.ledger.add("published", world.clock(), status=job.status, article=job.article_id)
    desk.acts.job_finished(sender, {"Event": "PUBLISHJOBFINISH", "PublishEventInfo": info})


def _told(job: Publication, about: Fields) -> Fields:
    """What both the event and freepublish/get say of a job that has ended."""
    if not job.article_id:
        return {**about, "fail_idx": list(job.failed)} if job.failed else about
    articles = job.post.articles
    items = [{"idx": one.index, "article_url": one.url} for one in articles]
    detail = {"count": len(items), "item": items}
    return {**about, "article_id": job.article_id, "article_detail": detail}


@endpoint("POST", "/cgi-bin/freepublish/get", 100, right="publish")
def get_job(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    job = desk.world.room(Publications).jobs.get(number(body.get("publish_id")))
    if job is None:
        raise PlatformError(40035)
    about = {"publish_id": str(job.publish_id), "publish_status": job.status}
    return {"fail_idx": [], **_told(job, about)}


def _public(world: World, article_id: object) -> Publication:
    job = world.room(Publications).public.get(str(article_id))
    if job is None:
        raise PlatformError(53600)
    return job


def _news(job: Publication, with_content: bool = True) -> Fields:
    news = [{**one.fields, "url": one.url, "is_deleted": one.deleted} for one in job.post.articles]
    return news_json(news, job.post.at, job.post.at, with_content)


@endpoint("POST", "/cgi-bin/freepublish/getarticle", 100, right="publish")
def get_article(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    return _news(_public(desk.world, body.get("article_id")))


@endpoint("POST", "/cgi-bin/freepublish/batchget", 100, right="publish")
def list_published(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """A page of 1..20 (40097), newest first, of what is still there."""
    offset, count = page(body)
    jobs = [job for job in desk.world.room(Publications).public.values() if job.status == OK][::-1]
    with_content = number(body.get("no_content", 0)) != 1
    items = [
        {
            "article_id": job.article_id,
            "content": _news(job, with_content),
            "update_time": int(job.post.at.timestamp()),
        }
        for job in jobs[offset : offset + count]
    ]
    return {"total_count": len(jobs), "item_count": len(items), "item": items}


@endpoint("POST", "/cgi-bin/freepublish/delete", 10, right="publish")
def delete_published(desk: Desk, _query: Mapping[str, str], body: Fields) -> Fields:
    """`index` from 1; 0 or none takes all away."""
    job = _public(desk.world, body.get("article_id"))
    index = number(body.get("index", 0), 40114)
    if not 0 <= index <= len(job.post.articles):
        raise PlatformError(40114)
    if delete(job.post, index):
        job.status = DELETED
    return ok()
