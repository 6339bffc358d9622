"""The command `hongyan`. Exit status: 0 done, 1 failed with one line on stderr, 2 wrong usage."""

from __future__ import annotations

import sys

from bot.errors import HongyanError


def main() -> None:
    """Run the command line; our own errors become one line and status 1."""
    from bot.cli.root import cli  # click and the commands are not needed to import bot

    try:
        cli(standalone_mode=True)
    except HongyanError as error:
        sys.exit(f"hongyan: {error}")
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
