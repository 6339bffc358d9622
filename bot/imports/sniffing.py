"""What a file is: packed or not, which kind, which encoding, which delimiter, which fingerprint."""

from __future__ import annotations

import codecs
import csv
import gzip
import re
import zipfile
import zlib
from collections import Counter
from hashlib import blake2b
from pathlib import Path
from typing import IO, NamedTuple, cast

from bot.errors import InvalidInput, NotFound

CSV, XLSX, JSONL = "csv", "xlsx", "jsonl"
DELIMITERS = (",", "\t", ";", "|")
_BLOCK = 1 << 20
_SAMPLE = 1 << 16
# More is a bomb, not a table. A workbook's shared strings stand in memory while it is read, and so
# does a line.
_MOST_UNPACKED, _MOST_STRINGS, _MOST_LINE = 2 << 30, 256 << 20, 8 << 20
_MOST_ROW, _MOST_PARTS = 4 << 20, 5_000  # of a workbook: bytes between two rows, parts
_STRANGE = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffd]")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Sniffed(NamedTuple):
    """Of a workbook `encoding`, `sample` and `lines` are empty. The sample ends at a line's end."""

    kind: str
    packed: bool
    fingerprint: str  # of the content, unpacked: a file and its .gz are one
    encoding: str
    sample: str
    lines: int = 0


def sniff(path: Path, encoding: str = "") -> Sniffed:
    """Read the whole file once, in blocks. Raises NotFound, InvalidInput."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise NotFound(f"{path.name}: {error.strerror}") from None
    if not head:
        raise InvalidInput(f"{path.name}: is empty")
    if head == b"PK\x03\x04":
        _check_workbook(path)
        return Sniffed(XLSX, False, _digest(path), "", "")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise InvalidInput(f"{path.name}: is an old Excel file (.xls); save it as .xlsx or .csv")
    packed = head.startswith(b"\x1f\x8b")
    if path.suffix.lower() == ".gz" and not packed:
        raise InvalidInput(f"{path.name}: is no gzip file; a table as plain text ends in .csv")
    return _sniff_text(path, packed, encoding)


def unpacked(path: Path, packed: bool) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path, "rb")) if packed else path.open("rb")


def _sniff_text(path: Path, packed: bool, wanted: str) -> Sniffed:
    digest, sample, lines, size, line = blake2b(digest_size=16), b"", 0, 0, 0
    trials = {name: _Trial(name) for name in ("utf-8", "gb18030")}
    try:
        with unpacked(path, packed) as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                lines += block.count(b"\n")
                size += len(block)
                line = line + len(block) if b"\n" not in block else len(block) - block.rindex(b"\n")
                if size > _MOST_UNPACKED or line > _MOST_LINE:
                    raise InvalidInput(f"{path.name}: has lines that no table has, or is too large")
                sample = sample or block[:_SAMPLE]
                for trial in trials.values():
                    trial.feed(block)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidInput(f"{path.name}: the packed file is damaged: {error}") from None
    if not sample:
        raise InvalidInput(f"{path.name}: is empty")
    encoding = wanted or _encoding(sample, trials)
    text = _text_of(sample, encoding)
    if _is_binary(text):
        raise InvalidInput(
            f"{path.name}: is not text as {encoding}; if it is a table in another encoding, name"
            " it in a mapping (format: encoding)"
        )
    return Sniffed(_text_kind(path, text), packed, digest.hexdigest(), encoding, text, lines)


class _Trial:
    """Whether all blocks so far are text of an encoding."""

    def __init__(self, name: str) -> None:
        self._decoder = codecs.getincrementaldecoder(name)()
        self.good = True

    def feed(self, block: bytes) -> None:
        if self.good:
            try:
                self._decoder.decode(block)
            except UnicodeDecodeError:
                self.good = False


def _encoding(sample: bytes, trials: dict[str, _Trial]) -> str:
    """By its mark; else UTF-8 where all of it is; else GB18030, which Chinese Excel writes."""
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    if trials["utf-8"].good:
        return "utf-8"
    if trials["gb18030"].good:
        return "gb18030"
    bad = {name: sample.decode(name, "replace").count("\ufffd") for name in trials}
    return min(bad, key=lambda name: bad[name])


def _text_of(sample: bytes, encoding: str) -> str:
    try:
        text = sample.decode(encoding, "replace")
    except LookupError:
        raise InvalidInput(f"there is no encoding {encoding[:40]!r}", "encoding") from None
    whole = text if len(sample) < _SAMPLE else text[: text.rfind("\n") + 1]
    return (whole or text).lstrip("\ufeff")


def _is_binary(text: str) -> bool:
    """Whether more than stray bytes of it are no characters that anybody writes."""
    strange = len(_STRANGE.findall(text))
    return strange > 3 and strange > len(text) / 20


def _text_kind(path: Path, sample: str) -> str:
    names = [suffix.lower() for suffix in path.suffixes[-2:]]
    if ".jsonl" in names or ".ndjson" in names:
        return JSONL
    if ".csv" in names or ".tsv" in names or ".txt" in names:
        return CSV
    return JSONL if sample.lstrip().startswith("{") else CSV


def delimiter_of(sample: str) -> str:
    """What cuts most of the first lines into the same number of cells; the comma where none does.

    A file of one column has none, and is read by the comma, too.
    """
    lines = sample.splitlines()[:50]
    best, score = ",", (0.0, 0)
    for mark in DELIMITERS:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=mark) if row)
        width, times = widths.most_common(1)[0] if widths else (1, 0)
        found = (times / max(1, sum(widths.values())), width)
        if width > 1 and found > score:
            best, score = mark, found
    return best


def _digest(path: Path) -> str:
    digest = blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _check_workbook(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            strings = sum(
                entry.file_size
                for entry in archive.infolist()
                if entry.filename.casefold().endswith("sharedstrings.xml")
            )
            names = archive.namelist()
    except zipfile.BadZipFile:
        raise InvalidInput(f"{path.name}: the workbook is damaged") from None
    if "xl/workbook.xml" not in names:
        raise InvalidInput(f"{path.name}: is an archive, but no Excel workbook (.xlsx)")
    if size > _MOST_UNPACKED or strings > _MOST_STRINGS or len(names) > _MOST_PARTS:
        raise InvalidInput(f"{path.name}: unpacks to {size:,} bytes; save it as .csv")
    _check_parts(path)


def _check_parts(path: Path) -> None:
    """What is read at once, a row or a text, is as long as a table's may be; found without reading
    it at once. Of a part no more is unpacked than the archive's list says. Raises InvalidInput."""
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if entry.filename.endswith(".xml"):
                    rows = entry.filename.startswith("xl/worksheets/")
                    with archive.open(entry) as part:
                        _check_part(path.name, part, rows)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError):
        raise InvalidInput(f"{path.name}: the workbook is damaged") from None


def _check_part(name: str, part: IO[bytes], rows: bool) -> None:
    text = row = 0  # bytes since the last tag, and since the last row
    tail = b""
    while block := part.read(_BLOCK):
        text = text + len(block) if b"<" not in block else len(block) - block.rindex(b"<")
        seen = tail + block
        end = seen.rfind(b"</row>") if rows else len(seen)
        row = row + len(block) if end < 0 else len(seen) - end
        tail = block[-8:]
        if text > _MOST_LINE or row > _MOST_ROW:
            raise InvalidInput(f"{name}: has lines that no table has, or is too large")
