"""The command `hongyan`. Exit status: 0 done, 1 failed with one line on stderr, 2 wrong usage."""

from __future__ import annotations

import logging
import re
import sys

from peewee import DatabaseError, InterfaceError

from bot.errors import HongyanError, InvalidInput


def main() -> None:
    """Run the command line; our own errors become one line and status 1."""
    from bot.cli.root import cli  # click and the commands are not needed to import bot

    try:
        cli(standalone_mode=True)
    except HongyanError as error:
        sys.exit(f"hongyan: {_placed(error)}")
    except (
        OSError,
        UnicodeError,
        RecursionError,
        OverflowError,
        DatabaseError,
        InterfaceError,
    ) as error:
        if isinstance(error, BrokenPipeError):
            sys.stderr.close()
            sys.exit(0)
        # The world's fault, not a bug: one line; HONGYAN_LOG_LEVEL=debug shows where.
        logging.getLogger(__name__).debug("failed", exc_info=True)
        words = str(error).strip().splitlines() or [""]
        sys.exit(f"hongyan: {type(error).__name__}: {words[0][:300]}")


def _placed(error: HongyanError) -> str:
    """The error's words after the place it is about, unless they name the place themselves."""
    words = str(error)
    # A field may be a key as somebody wrote it, line breaks and all.
    field = " ".join(error.field.split())[:200] if isinstance(error, InvalidInput) else ""
    named = (
        not field or f"{field}:" in words or re.match(rf"[-'\"]*{re.escape(field)}(?!\w)", words)
    )
    return words if named else f"{field}: {words}"
