"""What is wrong with files before they are kept, and with a stage before followers meet it: all of
it at once, each with its file, its field and what is wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.errors import InvalidInput
from bot.nlp.lexicon import topic_names
from bot.store import coupons, segments, talk
from bot.store.db import transaction
from bot.store.talk import DRAFT, LIVE
from bot.talk.documents import (
    EXAMPLES,
    SECTIONS,
    Bundle,
    Document,
    Key,
    check,
    from_value,
    read_files,
    stored,
)
from bot.talk.editing import Difference, joined, keep
from bot.talk.files import files_in, read_file
from bot.talk.reading import refusal
from bot.talk.references import Known, Missing, missing, unanswered

MOST_FAULTS = 200
Place = tuple[str, str]  # file, place in it


@dataclass(frozen=True, slots=True)
class Fault:
    """`file` and `field` are "" where it is about none."""

    file: str
    field: str
    why: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.field, self.why) if part)


class Faulty(InvalidInput):
    """All that is wrong; as one line the first of it, and how much more there is."""

    def __init__(self, faults: list[Fault]) -> None:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(f"{faults[0]}{more}", faults[0].field)
        self.faults = faults


@dataclass(frozen=True)
class Looked:
    """What was read of these files; the bundle lacks what is faulty."""

    files: tuple[Path, ...]
    bundle: Bundle
    faults: tuple[Fault, ...] = ()


# --- reading ------------------------------------------------------------------------------------


def look(paths: Iterable[Path]) -> Looked:
    """Everything in these files and folders, and everything wrong with them. Raises NotFound."""
    files = tuple(file for given in paths for file in files_in(given))
    try:
        return Looked(files, read_files(files))
    except InvalidInput as error:
        found = _Pass(files, check_each=True)
        # What is wrong with all files together stands in no single document of theirs.
        faults = found.faults or [Fault("", "", str(error))]
        return Looked(files, Bundle(found.documents), tuple(faults))


class _Pass:
    """One pass over the files that goes on after a fault."""

    def __init__(self, files: Iterable[Path], *, check_each: bool) -> None:
        self.check_each = check_each
        self.faults: list[Fault] = []
        self.documents: dict[Key, Document] = {}
        self.places: dict[Key, Place] = {}
        for path in files:
            self._file(path)

    def _file(self, path: Path) -> None:
        try:
            value = read_file(path)
        except InvalidInput as error:
            self._wrong(path.name, "", str(error).removeprefix(f"{path.name}: "))
            return
        if path.suffix.lower() == ".jsonl":
            value = {EXAMPLES: value}
        if not isinstance(value, Mapping):
            self._wrong(path.name, "file", "is a mapping of sections")
            return
        for section, content in value.items():
            if section in SECTIONS:
                self._section(path.name, section, content)
            elif self.check_each:
                self._rest(path.name, section, content)

    def _section(self, file: str, section: str, content: Any) -> None:
        kind = SECTIONS[section]
        try:
            listed = list(_listed(section, kind, content))
        except InvalidInput as error:
            self._refused(file, "", error)
            return
        for place, slug, document in listed:
            if (kind, slug) in self.places:
                self._wrong(file, place, f"{kind} {slug} stands there twice")
                continue
            # What is faulty stands there all the same for whoever names it.
            good = not self.check_each or self._reads(file, place, kind, slug, document)
            self.documents[kind, slug] = document if good else {}
            self.places[kind, slug] = (file, place)

    def _reads(self, file: str, place: str, kind: str, slug: str, document: Any) -> bool:
        try:
            check(kind, slug, document)
        except InvalidInput as error:
            self._refused(file, f"{place}." if error.field else place, error)
            return False
        return True

    def _rest(self, file: str, section: str, content: Any) -> None:
        """Examples one by one, else only the first bad one is known; and what is no section."""
        each = section == EXAMPLES and isinstance(content, list)
        for at, item in enumerate(content if each else [content]):
            try:
                from_value({section: [item] if each else item})
            except InvalidInput as error:
                place = error.field.replace(f"{EXAMPLES}[0]", f"{EXAMPLES}[{at}]", 1)
                self._wrong(file, place, str(error).removeprefix(f"{error.field}: "))

    def _refused(self, file: str, before: str, error: InvalidInput) -> None:
        why = str(error).removeprefix(f"{error.field}: ")
        self._wrong(file, f"{before}{error.field}", why)

    def _wrong(self, file: str, place: str, why: str) -> None:
        self.faults.append(Fault(file, place, why))


def _listed(section: str, kind: str, content: Any) -> Iterator[tuple[str, str, Any]]:
    """(place, slug, document). Raises InvalidInput where it is no section at all."""
    if kind == "setting":
        if not isinstance(content, Mapping | None):
            raise refusal(section, "wants a mapping of settings")
        for slug, document in (content or {}).items():
            yield f"{section}.{slug}", str(slug), document
        return
    if not isinstance(content, list | None):
        raise refusal(section, "wants a list of documents")
    for at, document in enumerate(content or ()):
        slug = document.get("slug") if isinstance(document, Mapping) else None
        yield f"{section}[{at}]", slug if isinstance(slug, str) else "", document


# --- keeping, publishing ------------------------------------------------------------------------


def keep_checked(
    account_id: int,
    given: Looked,
    now: datetime,
    *,
    stage: str = DRAFT,
    whole: bool = False,
    dry_run: bool = False,
) -> Difference:
    """`keep` (bot.talk.editing) of what names nothing that is missing. Raises Faulty with all that
    is wrong: in the files, and with what they would leave behind."""
    with transaction():
        faults = [*given.faults, *_left_wrong(account_id, given, stage, whole)]
        if faults:
            raise Faulty(faults[:MOST_FAULTS])
        return keep(account_id, given.bundle, now, stage=stage, whole=whole, dry_run=dry_run)


def must_hold(account_id: int, stage: str) -> None:
    """Before a stage goes live. Raises Faulty where its documents name what is not there."""
    documents = stored(account_id, stage).documents
    found = [*missing(documents, known(account_id)), *unanswered(documents)]
    if found:
        raise Faulty([_of_document(one) for one in found[:MOST_FAULTS]])


def known(account_id: int) -> Known:
    """What answers and rules may name."""
    batches = coupons.batches(account_id)
    return Known(
        batches={one.slug for one in batches},
        segments={one.slug for one in segments.of_account(account_id)},
        topics={*topic_names(), *(topic for one in batches for topic in one.topics)},
    )


def _left_wrong(account_id: int, given: Looked, stage: str, whole: bool) -> list[Fault]:
    """What the given documents name in vain, and what others name that would be gone."""
    old = stored(account_id, talk.read_from(account_id, stage))
    documents = (given.bundle if whole else joined(old, given.bundle)).documents
    there = known(account_id)
    before = set(missing(old.documents, there))
    found = missing(documents, there) + (unanswered(documents) if stage == LIVE else [])
    ours = [one for one in found if one.key in given.bundle.documents or one not in before]
    places = _Pass(given.files, check_each=False).places if ours else {}
    return [_in_file(one, places) for one in ours]


def _in_file(one: Missing, places: Mapping[Key, Place]) -> Fault:
    if one.key not in places:
        return _of_document(one)
    file, place = places[one.key]
    return Fault(file, f"{place}.{one.field}", one.why)


def _of_document(one: Missing) -> Fault:
    return Fault("", f"{one.kind} {one.slug}: {one.field}", one.why)
