"""`hongyan segments`: lists, pins, versions, what uses a segment, and removing it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from bot.cli import common
from bot.cli.common import account, as_json, show, table
from bot.cli.privacy import looked
from bot.cli.segments import segments
from bot.errors import InvalidInput, NotFound
from bot.segment import catalogue, lists
from bot.segment.rules import parse
from bot.segment.sentence import sentence
from bot.store import segment_lists, segment_versions
from bot.store import segments as store

__all__ = ["segments"]
_SHOWN = 20


@segments.command()
@click.argument("slug")
@click.argument("file")
@click.option("--key", type=click.Choice(segment_lists.NAMES), default="id", show_default=True,
              help="What the first column names a follower by.")  # fmt: skip
@click.option("--name", default="", help="The segment's name, where it is new or changes.")
@click.option("--add", is_flag=True, help="Who is in the list already stays.")
@click.option("--rejects", default="", help="Write rejected lines to this CSV: line, why.")
@click.option("--by", default="", help="Who edits, for the history.")
@as_json
def upload(
    slug: str, file: str, key: str, name: str, add: bool, rejects: str, by: str, json_: bool
) -> None:
    """Make the static segment SLUG of the followers in FILE, or change its list."""
    done = lists.upload(
        account().id, slug, _lines(file), key, common.now(),
        name=name, replace=not add, author=by,
    )  # fmt: skip
    looked("list", segment=slug, added=done.added, dropped=done.dropped)
    if rejects:
        rows = "".join(f"{one.line},{one.why}\n" for one in done.rejects)
        Path(rejects).write_text(f"line,why\n{rows}", encoding="utf-8")
    shown = asdict(done)
    first = [f"  line {one.line}: {one.why}" for one in done.rejects[:_SHOWN]]
    show(
        shown,
        json_,
        lambda: [
            f"{done.read} read = {done.taken} taken + {len(done.rejects)} rejected; "
            f"list: +{done.added} -{done.dropped}",
            *first,
        ],
    )


def _lines(file: str) -> Iterator[str]:
    try:
        with click.open_file(file, encoding="utf-8") as found:
            yield from found
    except OSError as error:
        raise NotFound(f"{Path(file).name}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{file}: is not UTF-8 text") from None


@segments.command()
@click.argument("slug")
@click.argument("followers", nargs=-1, type=int, required=True)
@click.option("--in", "how", flag_value="in", help="In, whatever the rule says.")
@click.option("--out", "how", flag_value="out", help="Out, whatever the rule says.")
@click.option("--by-rule", "how", flag_value="rule", help="As the rule says, again.")
@click.option("--reason", default="")
@click.option("--by", default="", help="Who decides.")
@as_json
def pin(
    slug: str, followers: tuple[int, ...], how: str | None, reason: str, by: str, json_: bool
) -> None:
    """Put FOLLOWERS into the segment by hand, or keep them out."""
    if how is None:
        raise InvalidInput("one of --in, --out, --by-rule")
    included = {"in": True, "out": False, "rule": None}[how]
    done = catalogue.pin(
        account().id, slug, followers, included, common.now(), author=by, reason=reason
    )
    for one in sorted(set(followers)):
        looked("pin", one, segment=slug, how=how)
    end = f"{done} pins {'gone' if included is None else 'set'}"
    shown = {"segment": slug, "how": how, "pins": done}
    show(shown, json_, lambda: [f"{end}; members follow with the next refresh"])


@segments.command()
@click.argument("slug")
@as_json
def pins(slug: str, json_: bool) -> None:
    """Who is put in or kept out by hand, by whom and why."""
    found = segment_lists.pins(store.by_slug(account().id, slug).id)
    rows = [
        {"follower": one.follower_id, "how": "in" if one.included else "out",
         "at": one.at.isoformat(timespec="seconds"), "by": one.author, "reason": one.reason}
        for one in found
    ]  # fmt: skip
    show({"pins": rows}, json_, lambda: table(rows, {key: key for key in
         ("follower", "how", "at", "by", "reason")}))  # fmt: skip


@segments.command()
@click.argument("slug")
@as_json
def history(slug: str, json_: bool) -> None:
    """Every definition that the segment had, the newest first."""
    called = catalogue.titles(account().id)
    rows = [
        {"version": one.number, "at": one.at.isoformat(timespec="seconds"), "by": one.author,
         "name": one.name, "sentence": sentence(parse(one.rule), titles=called), "rule": one.rule}
        for one in segment_versions.versions(store.by_slug(account().id, slug).id)
    ]  # fmt: skip
    headings = {key: key for key in ("version", "at", "by", "name", "sentence")}
    show({"versions": rows}, json_, lambda: table(rows, headings))


@segments.command()
@click.argument("slug")
@click.argument("version", type=int)
@click.option("--by", default="", help="Who edits, for the history.")
@as_json
def restore(slug: str, version: int, by: str, json_: bool) -> None:
    """Make VERSION of `history` the definition again; the one until now stays in the history."""
    made = catalogue.restore(account().id, slug, version, common.now(), by)
    words = sentence(parse(made.rule), titles=catalogue.titles(account().id))
    shown = {"slug": made.slug, "version": made.number, "restored": version, "sentence": words}
    show(shown, json_, lambda: [
        f"segment {made.slug}: {words}",
        f"saved as version {made.number}, again that of version {version};"
        " members follow with the next refresh",
    ])  # fmt: skip


@segments.command()
@click.argument("slug")
@as_json
def used(slug: str, json_: bool) -> None:
    """Which segments, campaigns, answers and rules name the segment."""
    rows = [asdict(one) for one in catalogue.used_by(account().id, slug)]
    headings = {"kind": "kind", "slug": "slug", "stage": "stage"}
    show({"used_by": rows}, json_, lambda: table(rows, headings) if rows else ["by nothing"])


@segments.command()
@click.argument("slug")
@as_json
def remove(slug: str, json_: bool) -> None:
    """Remove the segment, its members and its history; refused while something names it."""
    catalogue.remove(account().id, slug)
    show({"removed": slug}, json_, lambda: [f"segment {slug} removed"])
