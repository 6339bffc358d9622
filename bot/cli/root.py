"""The group of all commands, each imported only when it is called."""

from __future__ import annotations

import ast
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click

from bot import __version__

# command -> (module, attribute)
COMMANDS = {
    "account": ("bot.cli.account", "account"),
    "attributes": ("bot.cli.attributes", "attributes"),
    "campaign": ("bot.cli.campaign", "campaign"),
    "content": ("bot.cli.content", "content"),
    "coupons": ("bot.cli.coupons", "coupons"),
    "db": ("bot.cli.db", "db"),
    "demo": ("bot.cli.demo", "demo"),
    "doctor": ("bot.cli.doctor", "doctor"),
    "effects": ("bot.cli.effects", "effects"),
    "events": ("bot.cli.events", "events"),
    "experiments": ("bot.cli.experiments", "experiments"),
    "followers": ("bot.cli.followers", "followers"),
    "identity": ("bot.cli.identity", "identity"),
    "imports": ("bot.cli.imports", "imports"),
    "journeys": ("bot.cli.journeys", "journeys"),
    "learn": ("bot.cli.learn", "learn"),
    "menu": ("bot.cli.menu", "menu"),
    "messages": ("bot.cli.messages", "messages"),
    "model": ("bot.cli.model", "model"),
    "nlu": ("bot.cli.nlu", "nlu"),
    "operator": ("bot.cli.operators", "operator"),
    "orders": ("bot.cli.imports", "orders"),
    "pack": ("bot.cli.pack", "pack"),
    "privacy": ("bot.cli.privacy", "privacy"),
    "profiles": ("bot.cli.profiles", "profiles"),
    "qrcode": ("bot.cli.qrcode", "qrcode"),
    "quotas": ("bot.cli.quotas", "quotas"),
    "rules": ("bot.cli.rules", "rules"),
    "sandbox": ("bot.cli.sandbox", "sandbox"),
    "scheduler": ("bot.cli.serve", "scheduler"),
    "segments": ("bot.cli.segment_groups", "segments"),
    "serve": ("bot.cli.serve", "serve"),
    "statistics": ("bot.cli.statistics", "statistics"),
    "talk": ("bot.cli.talk", "talk"),
    "tags": ("bot.cli.tags", "tags"),
}


class Lazy(click.Group):
    """A group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of `--help`, from the modules' sources: importing all of them takes seconds."""
        width = formatter.width - 6 - max(map(len, COMMANDS))
        rows = [
            (name, click.Command(name, help=first_words(*COMMANDS[name])).get_short_help_str(width))
            for name in self.list_commands(ctx)
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def first_words(module: str, attribute: str) -> str:
    """The docstring of a command, where its module defines it or takes it from another."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return ""
    body = ast.parse(Path(spec.origin).read_text("utf-8")).body
    for part in body:
        if isinstance(part, ast.FunctionDef) and part.name == attribute:
            return ast.get_docstring(part) or ""
    for part in body:
        if isinstance(part, ast.ImportFrom) and attribute in (name.name for name in part.names):
            return first_words(part.module or "", attribute)
    return ""


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hongyan")
def cli() -> None:
    """Hongyan 鸿雁: precision marketing on a WeChat Official Account."""
