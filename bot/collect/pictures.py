"""Pictures into the platform's permanent material, and out of it: each once, and none that is in
use."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator
from hashlib import sha256
from typing import Any, Protocol

from bot.errors import Conflict, GatewayError, OutcomeUnknown
from bot.store import menus, pictures, talk
from bot.store.pictures import PictureState

logger = logging.getLogger(__name__)
STAGES = (talk.LIVE, talk.DRAFT, talk.PREVIOUS)


class Material(Protocol):
    """What of the platform's client is used."""

    def add_picture(self, filename: str, content: bytes) -> tuple[str, str]: ...

    def find_picture(self, filename: str) -> tuple[str, str] | None: ...

    def delete_material(self, media_id: str) -> None: ...


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def give(
    picture: PictureState, data: bytes, client: Material, said: Callable[[GatewayError], str]
) -> PictureState:
    """The picture as the platform has it. Sent once: where an earlier call may have come through it
    is looked for first. Raises GatewayError, and then the picture says why, in the words of `said`.
    """
    if picture.media_id:
        return picture
    try:
        found = client.find_picture(picture.file_name) if picture.asked else None
        if found is None:
            pictures.ask(picture.id)
            found = client.add_picture(picture.file_name, data)
    except GatewayError as error:
        unknown = isinstance(error, OutcomeUnknown)
        pictures.refuse(picture.id, said(error), asked=unknown or picture.asked)
        raise
    pictures.keep(picture.id, *found)
    logger.info("picture=%d account=%d kept by the platform", picture.id, picture.account_id)
    return pictures.get(picture.account_id, picture.id)


class InUse(Conflict):
    """Something shows it: `uses` as of `where_used`."""

    def __init__(self, uses: list[str]) -> None:
        super().__init__(f"the picture is in use: {', '.join(uses)}")
        self.uses = uses


def remove(picture: PictureState, client: Material) -> None:
    """From the platform and from here. Raises InUse, GatewayError."""
    if uses := list(where_used(picture)):
        raise InUse(uses)
    if picture.media_id:
        client.delete_material(picture.media_id)
    elif picture.asked and (found := client.find_picture(picture.file_name)):
        client.delete_material(found[0])
    pictures.drop(picture.id)


def where_used(picture: PictureState) -> Iterator[str]:
    """What names it, each once: "rule welcome", "menu default"."""
    if not picture.media_id:
        return
    seen, known = set(), {picture.media_id, picture.url or picture.media_id}
    for stage in STAGES:
        for one in talk.documents(picture.account_id, stage):
            name = f"{one.kind} {one.slug}"
            if name not in seen and _names(one.document, known):
                seen.add(name)
                yield name
    for menu in menus.of_account(picture.account_id):
        live = menus.live_version(menu)
        if _names([menu.buttons, live.buttons if live else []], known):
            yield f"menu {menu.slug}"


def _names(value: Any, known: Collection[str]) -> bool:
    """By its media_id, or by its address as articles do."""
    if isinstance(value, dict):
        return any(_names(one, known) for one in value.values())
    if isinstance(value, list | tuple):
        return any(_names(one, known) for one in value)
    return isinstance(value, str) and value in known
