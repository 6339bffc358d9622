"""Logging: one line an outcome, text or JSON, with every secret in force blanked."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable
from typing import IO

_ALWAYS = re.compile(r"(access_token|secret|js_code|msg_signature)=[^&\s\"']+")


class Blanker(logging.Filter):
    """Replaces known secrets and token-like query values in the finished message."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        words = sorted({re.escape(secret) for secret in secrets if secret}, key=len, reverse=True)
        self._known = re.compile("|".join(words)) if words else None

    def blank(self, text: str) -> str:
        text = _ALWAYS.sub(r"\1=***", text)
        return self._known.sub("***", text) if self._known else text

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = self.blank(record.getMessage())
        record.args = None
        if record.exc_info:
            text = logging.Formatter().formatException(record.exc_info)
            record.exc_text = self.blank(text)
        return True


class JSONFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, error."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_text:
            line["error"] = record.exc_text
        return json.dumps(line, ensure_ascii=False)


def configure(
    level: str, form: str, secrets: Iterable[str] = (), stream: IO[str] | None = None
) -> None:
    """Set up the root logger of this process; on stderr unless told otherwise."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.addFilter(Blanker(secrets))
    if form == "json":
        handler.setFormatter(JSONFormatter())
    else:
        handler.setFormatter(
            logging.Formatter("%(asctime)s %(levelname)-7s %(name)s %(message)s", "%H:%M:%S")
        )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("apscheduler", "peewee", "urllib3", "jieba"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
