"""A code for a source: named, made on the platform, made anew when it has expired, archived.

Permanent codes are counted for good: the platform gives an account 100,000 and takes none back.
A scene is on record before the platform is asked; where that fails, the code waits to be made
again, which for a permanent one gives the same code.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.errors import Conflict, InvalidInput, OutcomeUnknown
from bot.store import qrcodes
from bot.store.qrcodes import Code
from bot.wechat.client import WeChatClient

MOST_LASTING = 100_000
LONGEST_DAYS = 30
# A scene becomes the tag scene:<scene>, and tags have 64 characters.
LONGEST_SCENE = 64 - len("scene:")
LONGEST_NAME, LONGEST_NOTE = 64, 190
_PATTERNS = set("*?[]")  # what rules and journeys read as patterns
PREFIX = "qrscene_"  # the platform's own, before the scene of who comes new


def check_scene(scene: str) -> str:
    """The scene. Raises InvalidInput for one that our own rules, tags or journeys cannot name."""
    if not 1 <= len(scene) <= LONGEST_SCENE:
        raise InvalidInput(f"scene: wants 1 to {LONGEST_SCENE} characters", "scene")
    if any(one.isspace() or not one.isprintable() or one in _PATTERNS for one in scene):
        raise InvalidInput("scene: wants no spaces, and none of * ? [ ]", "scene")
    if scene.startswith(PREFIX):
        raise InvalidInput(f"scene: {PREFIX} is what the platform itself puts in front", "scene")
    return scene


def _described(name: str, note: str) -> tuple[str, str]:
    name, note = name.strip(), note.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInput(f"name: wants 1 to {LONGEST_NAME} characters", "name")
    if len(note) > LONGEST_NOTE:
        raise InvalidInput(f"note: wants at most {LONGEST_NOTE} characters", "note")
    return name, note


def add(
    account_id: int,
    scene: str,
    name: str,
    note: str,
    lasting: bool,
    actor: str,
    now: datetime,
) -> Code:
    """A code that is still to be made. Raises InvalidInput, Conflict where the scene is taken or
    the permanent ones are used up."""
    name, note = _described(name, note)
    check_scene(scene)
    if lasting and qrcodes.lasting(account_id) >= MOST_LASTING:
        raise Conflict(f"all {MOST_LASTING:,} permanent codes of this account are made")
    made = qrcodes.add(account_id, scene, name, note, lasting, actor, now)
    if made is None:
        raise Conflict(f"there is a code with the scene {scene} already")
    return qrcodes.get(account_id, made)


def make(code: Code, client: WeChatClient, now: datetime, days: int = LONGEST_DAYS) -> Code:
    """Ask the platform for its picture; of a temporary one for another `days` days, and then it is
    another picture. Raises InvalidInput, Conflict, GatewayError."""
    if code.lasting and code.ticket:
        raise Conflict("a permanent code is made once and never changes")
    if not code.lasting and not 1 <= days <= LONGEST_DAYS:
        raise InvalidInput(f"days: wants 1 to {LONGEST_DAYS}", "days")
    seconds = None if code.lasting else days * 86400
    answer = client.create_qrcode(code.scene, seconds)
    ticket, url = str(answer.get("ticket", "")), str(answer.get("url", ""))
    if not ticket or not url or max(len(ticket), len(url)) > 190:
        raise OutcomeUnknown(None, "the answer holds no ticket and address")
    given = answer.get("expire_seconds", seconds)
    until = now + timedelta(seconds=int(given)) if seconds and given else None
    qrcodes.made(code.id, ticket, url, until, now)
    return qrcodes.get(code.account_id, code.id)


def describe(code: Code, name: str, note: str) -> None:
    """Raises InvalidInput."""
    qrcodes.describe(code.id, *_described(name, note))


def archive(code: Code, now: datetime, *, back: bool = False) -> None:
    """Out of the list, or back in it; one that was never made goes for good."""
    if not code.ticket and not back:
        qrcodes.forget(code.id)
    else:
        qrcodes.archive(code.id, None if back else now)
