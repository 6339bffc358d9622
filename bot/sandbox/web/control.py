"""The control plane: what a test, a demo or a person does to the platform, as JSON.

Every call with its fields stands in docs/reference/sandbox-control.md. A POST wants
`application/json`, so that no web page elsewhere can press these buttons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, request

from bot.sandbox.acts import AccountClosed, NotFollowing, must_exist
from bot.sandbox.articles import CannotComment, Gone, NoArticle
from bot.sandbox.codes import PlatformError
from bot.sandbox.crowd.scripts import Scripts
from bot.sandbox.ledger import Record
from bot.sandbox.platform import NotStepped, Platform
from bot.sandbox.qrcodes import ExpiredTicket, UnknownTicket
from bot.sandbox.stepper import Busy
from bot.sandbox.web import control_books as books
from bot.sandbox.web import control_exchanges as exchanges
from bot.sandbox.web import control_fields as fields
from bot.sandbox.web.control_acts import acting, who
from bot.sandbox.web.control_guard import refusal
from bot.sandbox.web.control_plane import managing
from bot.sandbox.web.control_time import Driver

Fields = dict[str, Any]
Answer = Response | tuple[Response, int]
RESET = "SANDBOX_RESET"  # in the application's config: what makes the world new
REFUSALS: dict[type[Exception], tuple[str, int]] = {
    books.Nobody: ("openid: nobody has it", 404),
    NoArticle: ("article: there is none at {}", 404),
    UnknownTicket: ("ticket: no code of this account has it", 404),
    ExpiredTicket: ("ticket: the code's time is over", 409),
    Gone: ("article: it was taken away", 409),
    CannotComment: ("article: {}", 409),
    AccountClosed: ("openid: has closed the WeChat account", 409),
    NotFollowing: ("openid: does not follow the account", 409),
    PlatformError: ("{}", 409),
    Busy: ("another call moves the time; ask again when it is done", 409),
    fields.NoObject: ("wants an application/json object", 415),
    NotStepped: ("the time is this machine's: only a sandbox with a start can run it", 409),
}
JSON_LINES = "application/x-ndjson; charset=utf-8"


def wrong(message: str, status: int) -> Answer:
    """The one shape of a refusal."""
    return jsonify({"error": message}), status


def control(platform: Platform) -> Blueprint:
    blueprint = Blueprint("control", __name__, url_prefix="/sandbox")
    scripts = Scripts(platform.world, platform.acts, platform.timeline)
    _guarded(blueprint, platform)
    _refusing(blueprint)
    _reading(blueprint, platform, scripts)
    _followers(blueprint, platform)
    _doing(blueprint, platform, scripts)
    return blueprint


def _sent() -> Fields:
    """The body, which is remembered for a refusal. Raises NoObject, ValueError."""
    if not request.is_json:
        raise fields.NoObject
    g.sent = fields.read(request.get_data())
    found: Fields = g.sent
    return found


def _lines(found: Iterable[Record]) -> Response:
    return Response(books.json_lines(found).encode("utf-8", "replace"), content_type=JSON_LINES)


def _guarded(blueprint: Blueprint, platform: Platform) -> None:
    trusted = platform.config.trusted_hosts

    @blueprint.before_request
    def guard() -> Answer | None:
        reason = refusal(request.headers.get("Host", ""), request.remote_addr or "", trusted)
        return wrong(reason, 403) if reason else None


def _refusing(blueprint: Blueprint) -> None:
    """What the functions behind the calls raise, as answers."""

    def missing(error: Exception) -> Answer:
        return wrong(f"{error.args[0]}: missing", 422)

    def unfit(error: Exception) -> Answer:
        names = request.args if request.method == "GET" else g.get("sent", ())
        return wrong(fields.sentence(error, list(names)), 422)

    def answering(words: str, status: int) -> Callable[[Exception], Answer]:
        return lambda error: wrong(words.format(error), status)

    for kind, (words, status) in REFUSALS.items():
        blueprint.register_error_handler(kind, answering(words, status))
    blueprint.register_error_handler(KeyError, missing)
    for kind in (ValueError, TypeError, OverflowError, RecursionError):
        blueprint.register_error_handler(kind, unfit)


def _reading(blueprint: Blueprint, platform: Platform, scripts: Scripts) -> None:
    world = platform.world

    @blueprint.get("/state")
    def state() -> Response:
        return jsonify(platform.state())

    @blueprint.get("/clock")
    def clock() -> Response:
        return jsonify(books.clock(platform))

    @blueprint.get("/ledger")
    def ledger() -> Response:
        """Without any filter all the books at once."""
        if not any(name in request.args for name in books.FILTERS):
            return jsonify(platform.ledger())
        found = books.records(world, request.args)
        if request.args.get("format") == "jsonl":
            return _lines(found)
        return jsonify({"records": found, "counts": world.ledger.counts()})

    @blueprint.get("/truth")
    def truth() -> Response:
        found = books.truth(platform)
        if request.args.get("format") == "jsonl":
            return _lines(found)
        return jsonify({"truth": found})

    @blueprint.get("/faults")
    def faults() -> Response:
        return jsonify({"faults": world.faults.report(), "alarms": platform.pusher.alarms.report()})

    @blueprint.get("/scripts")
    def played() -> Response:
        return jsonify({"failures": books.failures(scripts)})

    @blueprint.get("/calls")
    def calls() -> Response:
        return jsonify(exchanges.calls(world, request.args))

    @blueprint.get("/pushes")
    def pushes() -> Response:
        return jsonify(exchanges.pushes(world, request.args))


def _followers(blueprint: Blueprint, platform: Platform) -> None:
    world = platform.world

    @blueprint.get("/followers")
    def followers() -> Response:
        return jsonify(books.followers(world, request.args))

    @blueprint.get("/followers/<openid>")
    def follower(openid: str) -> Response:
        with world.lock:
            return jsonify(books.follower(world, books.person_of(world, openid)))

    @blueprint.get("/followers/<openid>/screen")
    def screen(openid: str) -> Response:
        return jsonify(books.screen(world, books.person_of(world, openid), request.args))

    @blueprint.get("/followers/<openid>/messages")
    def messages(openid: str) -> Response:
        person = books.person_of(world, openid)
        with world.lock:
            taken = [
                {**entry.as_json(openid), "text": entry.text}
                for entry in world.deliveries.get(openid, ())
            ]
        return jsonify({"openid": person.openid, "messages": taken})

    @blueprint.get("/chat/<openid>")
    def chat(openid: str) -> Response:
        person = books.person_of(world, openid)
        with world.lock:
            bubbles = [bubble.as_json() for bubble in person.chat]
        return jsonify({"openid": openid, "subscribed": person.subscribed, "chat": bubbles})


def _doing(blueprint: Blueprint, platform: Platform, scripts: Scripts) -> None:
    driver = Driver(platform)
    acts, managed = acting(platform), managing(platform, driver, scripts)

    @blueprint.post("/reset")
    def reset() -> Answer:
        _sent()
        made_new = current_app.config.get(RESET)
        if made_new is None:
            return wrong("this sandbox was not started with a stage: it cannot be made new", 409)
        made_new()
        return jsonify({"done": True})

    @blueprint.post("/<act>")
    def act(act: str) -> Answer:
        body = _sent()
        if act in managed:
            return jsonify(managed[act](body))
        if act not in acts:
            return wrong(f"there is no {act}", 404)
        person = who(platform.world, body)
        must_exist(platform.world, person)
        done = driver.act(lambda: acts[act](person, body))
        more = done if isinstance(done, dict) else {}
        return jsonify({"openid": person.openid, "done": done is not False, **more})
