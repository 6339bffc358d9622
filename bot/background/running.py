"""Asking for tasks, and doing those that wait: seconds in one lane, minutes in another."""

from __future__ import annotations

import json
import logging
import os
import socket
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, BinaryIO

from bot.background import importing
from bot.background.desk import Closing, Stopped, closing, desk
from bot.background.kinds import KINDS
from bot.errors import HongyanError
from bot.services import Services
from bot.store import background
from bot.store.background import Task

logger = logging.getLogger(__name__)
FORGOTTEN_AFTER = timedelta(days=7)
MOST_STARTS = 3  # a task that kills its runner is not tried for ever


def ask(
    account_id: int,
    operator_id: int,
    kind: str,
    asked: Mapping[str, Any],
    now: datetime,
    upload: tuple[str, BinaryIO] | None = None,
    nonce: str = "",
) -> int:
    """Keep a task for the scheduler; its id. Asked again while the same still waits or runs, it is
    that one; with a file it is always a new one.

    nonce  of the form that asks: sent twice, however close together, it begins one task
    """
    if kind not in KINDS:
        raise ValueError(f"no such kind of task: {kind}")
    newest = background.last(account_id, kind)
    if upload is None and newest and not newest.is_over and newest.asked == dict(asked):
        return newest.id
    key = None
    if nonce:
        name = upload[0] if upload else ""
        parts = (account_id, operator_id, kind, dict(asked), name, nonce)
        key = blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=20).hexdigest()
    return background.ask(account_id, operator_id, kind, asked, now, upload, key)


def run_short(services: Services, now: datetime) -> int:
    """Do what waits and takes seconds; how many tasks."""
    return _run(services, now, [name for name, kind in KINDS.items() if not kind.long])


def run_long(services: Services, now: datetime) -> int:
    """Do what waits and takes minutes; how many tasks."""
    return _run(services, now, [name for name, kind in KINDS.items() if kind.long])


def forget(now: datetime) -> int:
    """Tasks that were over a week ago go, with their files; how many. And what a process that died
    left of files whose import is done."""
    importing.tidy()
    return background.forget(now - FORGOTTEN_AFTER)


def _run(services: Services, now: datetime, kinds: list[str]) -> int:
    done = 0
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"[:64]
    while not closing.is_set() and (task := background.take(kinds, owner, now)) is not None:
        _one(services, task, owner)
        done += 1
    return done


def _one(services: Services, task: Task, owner: str) -> None:
    if task.starts > MOST_STARTS:
        said = "多次中断，已放弃 (given up: every process that did it was ended midway)"
        background.end(task.id, owner, "failed", services.clock(), {}, said)
        return
    try:
        with desk(services, task, owner) as at:
            result = KINDS[task.kind].work(at)
        ended = background.end(task.id, owner, "done", services.clock(), result)
        if ended and (after := KINDS[task.kind].after) is not None:
            after(task)
    except Closing:
        background.put_back(task.id, owner)
        logger.info("task=%d kind=%s given back", task.id, task.kind)
    except Stopped:
        logger.info("task=%d kind=%s stopped", task.id, task.kind)
    except HongyanError as error:
        logger.warning("task=%d kind=%s refused: %s", task.id, task.kind, type(error).__name__)
        background.end(task.id, owner, "failed", services.clock(), {}, str(error))
    except Exception as error:
        logger.exception("task=%d kind=%s failed", task.id, task.kind)
        said = f"内部错误，请联系管理员 ({type(error).__name__})"
        background.end(task.id, owner, "failed", services.clock(), {}, said)
