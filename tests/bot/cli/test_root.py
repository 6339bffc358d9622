"""The list of commands is told without importing them, and tells the same."""

from __future__ import annotations

import subprocess
import sys

import click
from click.testing import CliRunner

from bot.cli.root import COMMANDS, cli


def test_help_lists_each_command_with_its_own_words():
    listed = CliRunner().invoke(cli, ["--help"], terminal_width=200).output.splitlines()
    rows = dict(line.split(None, 1) for line in listed[listed.index("Commands:") + 1 :])
    commands = {name: cli.get_command(click.Context(cli), name) for name in COMMANDS}
    assert rows == {name: each.get_short_help_str(limit=180) for name, each in commands.items()}


def test_help_imports_no_store():
    program = (
        "import sys; from bot.cli.root import cli\n"
        "cli(['--help'], standalone_mode=False); print('bot.store.db' in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines()[-1] == "False"
