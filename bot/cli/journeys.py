"""`hongyan journeys`: from the document to the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from bot import journey as use
from bot.cli import common
from bot.cli.common import account, as_json, services, show, table
from bot.cli.privacy import actor, looked
from bot.clock import wall
from bot.errors import Conflict
from bot.journey import explaining, installing, reporting, simulating, webhooks, words
from bot.journey.checks import insist
from bot.journey.definition import Flow
from bot.journey.lanes import lane_of
from bot.journey.reading import parse
from bot.profile.words import LANGUAGES
from bot.segment.catalogue import titles
from bot.store import followers, journey_figures, journey_runs
from bot.store import journeys as store
from bot.store.journeys import JourneyState
from bot.talk.files import read_file

LANG = click.option("--lang", type=click.Choice(LANGUAGES), default="zh", show_default=True)
FOLLOWER = click.IntRange(1, 2**63 - 1)


@click.group()
def journeys() -> None:
    """Journeys: define, check, simulate, start, pause, resume, stop, people, report, explain."""


def _document(file: str) -> Any:
    return read_file(Path(file))


@journeys.command()
@click.argument("file")
@LANG
@as_json
def check(file: str, lang: str, json_: bool) -> None:
    """What FILE (.yaml or .json) says in words, and what is wrong with it; keeps nothing. Exit 1
    with errors."""
    flow, flaws = use.check(account().id, _document(file), common.now())
    told = list(words.told(flow, lang, titles(account().id)))
    errors = [flaw for flaw in flaws if flaw.error]
    found = {
        "slug": flow.slug,
        "told": told,
        "flaws": [
            {"code": f.code, "step": f.step, "error": f.error, "said": f.said(lang)} for f in flaws
        ],
    }
    lines = [*told, *(f"{'✗' if f.error else '!'} {f.said(lang)}" for f in flaws)]
    show(found, json_, lambda: lines)
    if errors:
        raise Conflict(f"{len(errors)} errors")


@journeys.command()
@click.argument("file")
@click.option(
    "--policy",
    type=click.Choice(use.POLICIES),
    default=store.KEEP,
    show_default=True,
    help="Of those on the way: keep their version, move to the new one, stop.",
)
@as_json
def define(file: str, policy: str, json_: bool) -> None:
    """Make a journey of FILE, or its next version; who comes in from now on goes by it."""
    made = use.define(account().id, _document(file), common.now(), policy=policy, author=actor())
    looked("journey_define", journey=made.slug, version=made.version, policy=policy)
    _shown(made, json_)


def _shown(found: JourneyState, json_: bool) -> None:
    line = f"{found.slug} is {found.state}, version {found.version}"
    show(_row(found), json_, lambda: [line])


def _row(one: JourneyState) -> dict[str, Any]:
    return {
        "slug": one.slug,
        "name": one.name,
        "state": one.state,
        "version": one.version,
        "error": one.error,
    }


@journeys.command("list")
@as_json
def list_(json_: bool) -> None:
    """All journeys, and how many people are on the way in each."""
    rows = [
        {**_row(one), "on_the_way": journey_runs.count_active(one.id)}
        for one in store.of_account(account().id)
    ]
    headings = {n: n for n in ("slug", "state", "version", "on_the_way", "name", "error")}
    show({"journeys": rows}, json_, lambda: table(rows, headings))


def _flow(slug: str, version: int | None) -> tuple[JourneyState, Flow, int]:
    held = use.find(account().id, slug)
    number = version or held.version
    return held, lane_of(held, store.version(held.id, number)).flow, number


@journeys.command("show")
@click.argument("slug")
@click.option("--version", type=click.IntRange(1), help="An older one.")
@click.option("--mermaid", is_flag=True, help="As a drawing for Mermaid, with who is where.")
@LANG
@as_json
def show_(slug: str, version: int | None, mermaid: bool, lang: str, json_: bool) -> None:
    """A journey in words, or as a drawing; with --json its document and versions."""
    held, flow, number = _flow(slug, version)
    here = {
        one.step: one.people for one in journey_figures.standing(held.id) if one.version == number
    }
    if mermaid:
        click.echo(words.mermaid(flow, here, lang, titles(account().id)))
        return
    versions = [
        {"version": one.number, "at": one.at, "author": one.author, "policy": one.policy}
        for one in store.versions(held.id)
    ]
    whole = {**_row(held), "shown": number, "document": dict(flow.source), "versions": versions}
    show(whole, json_, lambda: words.told(flow, lang, titles(account().id)))


def _ordered(slug: str, order: Any, json_: bool) -> None:
    moved = order(account().id, slug, common.now())
    looked(f"journey_{order.__name__}", journey=slug, version=moved.version)
    _shown(moved, json_)


@journeys.command()
@click.argument("slug")
@as_json
def start(slug: str, json_: bool) -> None:
    """Let people in from now on; a stopped journey begins again."""
    _ordered(slug, use.start, json_)


@journeys.command()
@click.argument("slug")
@as_json
def pause(slug: str, json_: bool) -> None:
    """Nobody comes in or goes on, and nothing is sent, until it is resumed."""
    _ordered(slug, use.pause, json_)


@journeys.command()
@click.argument("slug")
@as_json
def resume(slug: str, json_: bool) -> None:
    """Everybody goes on from where they stand."""
    _ordered(slug, use.resume, json_)


@journeys.command()
@click.argument("slug")
@as_json
def stop(slug: str, json_: bool) -> None:
    """Everybody on the way is out, and what waits is not sent."""
    _ordered(slug, use.stop, json_)


@journeys.command()
@click.argument("slug")
@click.argument("follower", nargs=-1, required=True, type=FOLLOWER)
@as_json
def enter(slug: str, follower: tuple[int, ...], json_: bool) -> None:
    """Let each FOLLOWER (id) in by hand: by the journey's rules, each at most once at a time."""
    found = use.let_in(services(), account().id, slug, follower, common.now())
    for one in follower:
        looked("journey_enter", one, journey=slug)
    show(found, json_, lambda: [f"{word}: {many}" for word, many in found.items()])


@journeys.command()
@click.argument("slug")
@click.option("--step", default="", help="Only those at this step.")
@click.option("--after", default=0, help="From behind this number on.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@as_json
def people(slug: str, step: str, after: int, limit: int, json_: bool) -> None:
    """Who is on the way, and until when they wait. It is logged."""
    held = use.find(account().id, slug)
    found = journey_runs.at_step(held.id, step, after, limit)
    rows = [
        {
            "number": one.id,
            "follower": one.follower_id,
            "entry": one.entry,
            "version": one.version,
            "step": one.step,
            "until": one.wake_at,
            "held_out": one.held_out,
        }
        for one in found
    ]
    looked("journey_people", journey=slug, step=step, people=len(rows))
    headings = {name: name for name in ("number", "follower", "entry", "version", "step", "until")}
    told = [
        {**row, "until": wall(one.wake_at, common.zone())}
        for row, one in zip(rows, found, strict=True)
    ]
    show({"people": rows}, json_, lambda: table(told, headings))


@journeys.command()
@click.argument("slug")
@LANG
@as_json
def report(slug: str, lang: str, json_: bool) -> None:
    """Who came in, where they are, how they left, what was sent, and the effect."""
    found = reporting.report(account().id, slug, common.now(), lang)
    show(found.to_json(), json_, lambda: reporting.lines(found, lang))


@journeys.command()
@click.argument("follower", type=FOLLOWER)
@LANG
@as_json
def explain(follower: int, lang: str, json_: bool) -> None:
    """Why FOLLOWER got what: their ways through journeys, step by step. It is logged."""
    account()
    followers.get(follower)
    ways = explaining.explain(follower, lang)
    looked("show", follower, what="journeys")
    found = {"ways": [way.to_json() for way in ways]}
    show(found, json_, lambda: explaining.lines(ways, common.zone(), lang) or ["—"])


@journeys.command()
@click.argument("file")
@click.option("--event", "events", multiple=True, help="What happens when: '2d order', repeated.")
@click.option("--outcome", "outcomes", multiple=True, help="What becomes of a send: STEP=clicked.")
@click.option("--tag", "tags", multiple=True, help="A tag of the made-up follower.")
@click.option("--interest", "interests", multiple=True, help="TOPIC=SCORE, as 火锅=0.5.")
@click.option("--attribute", "attributes", multiple=True, help="NAME=VALUE.")
@click.option("--hour", type=click.IntRange(0, 23), default=20, help="Their best hour.")
@click.option("--number", type=click.IntRange(1), default=1, help="Another one is drawn otherwise.")
@LANG
@as_json
def simulate(
    file: str, events: tuple[str, ...], outcomes: tuple[str, ...], tags: tuple[str, ...],
    interests: tuple[str, ...], attributes: tuple[str, ...], hour: int, number: int, lang: str,
    json_: bool,
) -> None:  # fmt: skip
    """Walk FILE with one made-up follower in made-up time; sends nothing, keeps nothing."""
    zone, now = ZoneInfo(account().timezone), common.now()
    flow = parse(_document(file), zone)
    insist(flow)
    who = simulating.MadeUp(
        simulating.a_follower(
            now, number, tags, {k: float(v) for k, v in _pairs(interests, "--interest")},
            dict(_pairs(attributes, "--attribute")),
        ),
        simulating.outcomes_of(outcomes),
        hour,
    )  # fmt: skip
    happens = [simulating.happening(text) for text in events]
    walk = list(simulating.simulate(flow, who, happens, now, zone=zone, lang=lang))
    rows = [{"at": x.at, "step": x.step, "said": x.said, "way": x.way} for x in walk]
    show({"walk": rows}, json_, lambda: [_walked(one, zone, lang) for one in walk])


def _pairs(texts: tuple[str, ...], name: str) -> list[tuple[str, str]]:
    found = [(key, value) for key, _, value in (text.partition("=") for text in texts)]
    numbers = name == "--interest"
    if any(not key or (numbers and not _is_number(value)) for key, value in found):
        raise click.BadParameter("wants the form NAME=VALUE", param_hint=name)
    return found


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def _walked(one: simulating.Shown, zone: ZoneInfo, lang: str) -> str:
    at = f"{one.at.astimezone(zone):%m-%d %H:%M:%S}"
    if not one.step:
        return f"{at} = {words.outcome_said(one.said, lang)}"
    way = f" → {one.way}" if one.way else ""
    return f"{at} [{one.step}] {one.said}{way}"


@journeys.command()
@click.argument("trade", type=click.Choice(installing.TRADES))
@LANG
@as_json
def install(trade: str, lang: str, json_: bool) -> None:
    """Put the ready-made welcome journey of TRADE there as a draft; says what it still lacks."""
    done = installing.install(account().id, trade, common.now(), actor())
    looked("journey_install", journey=done.journey.slug, new=done.new)
    lacks = [flaw.said(lang) for flaw in done.lacks]
    line = f"{done.journey.slug} is {done.journey.state}" + ("" if done.new else " (as it was)")
    found = {**_row(done.journey), "new": done.new, "lacks": lacks}
    show(found, json_, lambda: [line, *(f"✗ {one}" for one in lacks)])


@journeys.command("webhook-key")
def webhook_key() -> None:
    """The secret that webhooks are signed with, for who receives them. It is logged."""
    found = account().id
    looked("journey_webhook_key")
    click.echo(webhooks.key_of(found))
