"""`hongyan model`: learn from a table, judge, predict."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import click
from tqdm import tqdm

from bot.cli import common, model_store
from bot.cli.common import as_json, show
from bot.errors import InvalidInput
from bot.insight import card as cards
from bot.insight.kinds import Columns, Progress, Request, kind
from bot.insight.modelfile import Learnt, load, save
from bot.insight.schema import shifted
from bot.insight.slices import slices
from bot.insight.table import Table, read, write

F = TypeVar("F", bound=Callable[..., Any])
_EVERY = 10.0  # seconds between log lines
_LINE = "\0line"  # the number of a row in a file without ids
ROLES = ("target", "id", "group", "time", "treatment", "user", "item", "weight")


def columns_options(command: F) -> F:
    """--target, --id, ...: which column is what."""
    for role in reversed(ROLES):
        command = click.option(f"--{role}", metavar="COLUMN", help=_HELP[role])(command)
    return command


_HELP = {
    "target": "The column to foretell.",
    "id": "Names a row; comes back in the answer, never teaches.",
    "group": "Whose row it is: one group never stands on both sides of a split.",
    "time": "Numbers or dates: later rows judge, earlier ones teach.",
    "treatment": "Who was treated (1) and who was held out (0): uplift.",
    "user": "Who: recommend.",
    "item": "What: recommend.",
    "weight": "How much a row counts.",
}


@click.group()
def model() -> None:
    """Learn who will answer, buy, leave: train, evaluate, predict, report; list, score, why."""


for _command in model_store.COMMANDS:
    model.add_command(_command)


@model.command()
@click.argument("kind_", metavar="KIND", type=click.Choice(model_store.NAMES))
@click.option("--data", metavar="FILE", help="CSV or JSONL, .gz too; none: the store's followers.")
@columns_options
@click.option("--out", metavar="MODEL", help="Where the model goes.  [default: var/KIND.npz]")
@click.option("--seed", default=0, show_default=True, help="The same seed, the same model.")
@click.option("--positive", metavar="WORD", help="The word of the target that means yes.")
@click.option("--leave-out", multiple=True, metavar="COLUMN", help="No feature; may be repeated.")
@click.option("--keep", multiple=True, metavar="COLUMN", help="A feature, whatever its name.")
@click.option("--candidate", multiple=True, metavar="NAME", help="Try only these; repeatable.")
@click.option("--set", "set_", multiple=True, metavar="NAME=VALUE", help="For the kind: k=4.")
@as_json
def train(
    kind_: str,
    data: str | None,
    out: str | None,
    seed: int,
    positive: str | None,
    leave_out: tuple[str, ...],
    keep: tuple[str, ...],
    candidate: tuple[str, ...],
    set_: tuple[str, ...],
    json_: bool,
    **roles: str | None,
) -> None:
    """Learn a model of KIND from the rows of a table, and say how good it is.

    Without --data: from the store's followers, KIND being redeem, answer, buy, churn, uplift,
    next_order, clusters, hours, fatigue or recommend. The model goes into the registry, and into
    use where it judges better than the one in use.
    """
    given = {
        "positive": positive, "leave_out": leave_out, "keep": keep, "candidates": candidate,
    }  # fmt: skip
    options = {name: value for name, value in given.items() if value}
    options |= dict(_set(one) for one in set_)
    with watched() as progress:
        if data is None:
            model_store.train(kind_, seed, options, progress, json_)
            return
        request = Request(read(data), Columns(**roles), seed, options, progress)
        learnt = kind(kind_).train(request)
    learnt = Learnt({**learnt.card, "made_at": common.now().isoformat()}, learnt.arrays)
    target = out or f"var/{kind_}.npz"
    save(target, learnt)
    about = {**cards.summary(learnt.card), "model": target}
    show(about, json_, lambda: [*cards.card_lines(learnt.card), f"written to {target}"])


def _set(said: str) -> tuple[str, Any]:
    name, equals, value = said.partition("=")
    if not name or not equals:
        raise click.UsageError(f"--set {said}: NAME=VALUE")
    return name, value


def model_options(command: F) -> F:
    """The model's file and the rows' file, each as an option or in its place."""
    for option in (
        click.option("--input", "input_", metavar="FILE", help="The same as --data."),
        click.option("--data", metavar="FILE", help="CSV or JSONL, .gz too."),
        click.option("--model", "model_", metavar="MODEL", help="The model's file."),
        click.argument("files", nargs=-1, metavar="[MODEL] [FILE]"),
    ):
        command = option(command)
    return command


def named(files: tuple[str, ...], model_: str | None, rows: str | None) -> tuple[str, str | None]:
    """The model's file and the rows', from options and what stands in their places."""
    left = list(files)
    found = model_ or (left.pop(0) if left else None)
    if found is None:
        raise click.UsageError("name the model: --model MODEL")
    rows = rows or (left.pop(0) if left else None)
    if left:
        raise click.UsageError(f"what is {left[0]}? A model and one file of rows are enough")
    return found, rows


def _rows(path: str | None) -> str:
    if path is None:
        raise click.UsageError("name the rows: --data FILE")
    return path


@model.command()
@model_options
@columns_options
@click.option("--picture", metavar="FILE", help="Draw calibration and gain into this SVG file.")
@as_json
def evaluate(
    files: tuple[str, ...],
    model_: str | None,
    data: str | None,
    input_: str | None,
    picture: str | None,
    json_: bool,
    **roles: str | None,
) -> None:
    """How well a model foretells rows whose answers are known and that it has not seen."""
    path, source = named(files, model_, data or input_)
    learnt = load(path)
    found = kind(learnt.kind).evaluate(learnt, read(_rows(source)), Columns(**roles))
    if picture:
        draw(picture, found)
    show(found, json_, lambda: cards.figure_lines(found))


@model.command()
@model_options
@columns_options
@click.option(
    "--set", "set_", multiple=True, metavar="NAME=VALUE",
    help="recommend: top, new_only, variety, least_items, lang; repeatable.",
)  # fmt: skip
@click.option("--output", default="-", show_default=True, metavar="FILE", help="The CSV to write.")
def predict(
    files: tuple[str, ...],
    model_: str | None,
    data: str | None,
    input_: str | None,
    set_: tuple[str, ...],
    output: str,
    **roles: str | None,
) -> None:
    """What a model says of each row, in the order of the rows: writes CSV.

    id,score; for uplift id,uplift; for recommend user,item,score. Without --id the column is the
    one the model was taught with; where the table has none, rows are numbered from 1.
    """
    path, source = named(files, model_, data or input_)
    learnt = _renamed(load(path), {role: name for role, name in roles.items() if name})
    if set_:
        learnt = Learnt({**learnt.card, "asked": dict(_set(one) for one in set_)}, learnt.arrays)
    parts = _parts(learnt, _rows(source), [name for name in roles.values() if name])
    header, rows = next(parts)
    every = chain(rows, chain.from_iterable(more for _, more in parts))
    count = _write(output, header, every)
    click.echo(f"{count} rows" + ("" if output == "-" else f" written to {output}"), err=True)


def _write(output: str, header: Any, rows: Any) -> int:
    """The whole answer or no file: what is wrong in a late row leaves no half of one behind."""
    if output == "-":
        return write("/dev/stdout", header, rows)
    target = Path(output)
    partial = target.with_name(f".{os.getpid()}.{target.name}")
    try:
        count = write(partial, header, rows)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return count


def _parts(learnt: Learnt, source: str, named_: list[str]) -> Iterator[tuple[Any, Any]]:
    """Header and rows; of a model that says of each row by itself, a slice of the file at a time.

    Raises InvalidInput for a named column that the file has not.
    """
    said = kind(learnt.kind).predict
    done = 0
    for table in slices(source) if learnt.card.get("row_by_row") else [read(source)]:
        for name in named_:
            table.texts(name)
        if learnt.card.get("row_by_row") and learnt.card["columns"].get("id") not in table.columns:
            numbers = [str(number) for number in range(done + 1, done + table.rows + 1)]
            table = Table({**table.columns, _LINE: numbers}, table.rows)
            learnt = _renamed(learnt, {"id": _LINE})
        try:
            answer = said(learnt, table)
        except InvalidInput as error:
            raise shifted(error, done) from None
        yield answer
        done += table.rows


def _renamed(learnt: Learnt, roles: dict[str, str]) -> Learnt:
    """The model with roles that this table gives to other columns."""
    columns = {**learnt.card.get("columns", {}), **roles}
    return Learnt({**learnt.card, "columns": columns}, learnt.arrays)


@model.command()
@model_options
@click.option("--to", "folder", metavar="FOLDER", help="Write card and pictures there.")
@as_json
def report(
    files: tuple[str, ...],
    model_: str | None,
    data: str | None,
    input_: str | None,
    folder: str | None,
    json_: bool,
) -> None:
    """What a model is, what taught it, why it was chosen, how good and how fair it is.

    With --to: card.json, card.txt and curves.svg in a folder. With rows: judged on them.
    """
    path, source = named(files, model_, data or input_)
    learnt = load(path)
    about = cards.summary(learnt.card)
    lines = list(cards.card_lines(learnt.card))
    judged = learnt.card.get("held_out")
    if source:
        judged = kind(learnt.kind).evaluate(learnt, read(source), Columns())
        about["evaluated"] = judged
        lines += [f"on {source}:", *cards.figure_lines(judged)]
    if folder:
        lines.append(f"written to {_written(Path(folder), about, lines, judged)}")
    show(about, json_, lambda: lines)


def _written(folder: Path, about: dict[str, Any], lines: list[str], judged: Any) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(about, ensure_ascii=False, indent=2, sort_keys=True)
    (folder / "card.json").write_text(text + "\n", encoding="utf-8")
    (folder / "card.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if judged and "gains" in judged:
        learning = about.get("held_out", {}).get("learning", ())
        draw(str(folder / "curves.svg"), judged, learning)
    return str(folder)


def draw(path: str, judged: dict[str, Any], learning: Any = ()) -> None:
    """The curves into a file. Raises InvalidInput for a kind that has none."""
    from bot.insight.drawing import curves

    if "panels_by" in judged:
        drawn = import_module(judged["panels_by"]).draw(judged)
        Path(path).write_text(drawn, encoding="utf-8")
        return
    if "gains" not in judged or "calibration" not in judged:
        raise InvalidInput("this kind of model has no curves to draw")
    Path(path).write_text(curves(judged, learning), encoding="utf-8")


@contextmanager
def watched() -> Iterator[Progress]:
    """A bar on a terminal, a line now and then elsewhere; on standard error."""
    if sys.stderr.isatty():
        with tqdm(total=1, bar_format="{desc:32} {percentage:3.0f}% |{bar}| {elapsed}") as bar:
            yield _bar(bar)
    else:
        yield _lines(time.monotonic())


def _bar(bar: Any) -> Progress:
    def progress(what: str, done: int, of: int) -> None:
        bar.total, bar.n = max(of, 1), done
        bar.set_description_str(what)
        bar.refresh()

    return progress


def _lines(began: float) -> Progress:
    last: tuple[str, float] = ("", 0.0)

    def progress(what: str, done: int, of: int) -> None:
        nonlocal last
        now = time.monotonic()
        if what != last[0] or now - last[1] >= _EVERY:
            last = (what, now)
            click.echo(f"{now - began:5.0f} s  {what} ({done} of {of})", err=True)

    return progress
