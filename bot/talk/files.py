"""Plain values from YAML, JSON and JSONL files and back; whatever somebody may send by mail.

YAML is read as its version 1.2 means it: `on` and `yes` are words, 22:00 is a text and not 1,320,
a date is a text. Aliases are refused (a bomb is nine of them), and tags, and a key that stands
there twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from bot.errors import InvalidInput, NotFound

MOST_BYTES = 16_000_000
DEEPEST = 40
SUFFIXES = (".yaml", ".yml", ".json", ".jsonl")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_PLAIN = (
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+",
        "-+.0123456789",
    ),
)


class _Reader(_Loader):  # type: ignore[misc]
    """Texts, true and false, null, numbers, lists and mappings; nothing else."""

    yaml_implicit_resolvers: dict[str, Any] = {}

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        names = [self.construct_object(key, deep=True) for key, _ in node.value]
        _check_names(names, f"line {node.start_mark.line + 1}")
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return found


class _Writer(_Dumper):  # type: ignore[misc]
    """Quotes also what only older readers would take for something else, such as `on`."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


for _tag, _form, _first in _PLAIN:
    for _end in (_Reader, _Writer):
        _end.add_implicit_resolver(_tag, re.compile(rf"^(?:{_form})$"), list(_first))


def files_in(path: Path) -> list[Path]:
    """The file itself, or the files of a folder in the order of their names. Raises NotFound."""
    if not path.is_dir():
        return [path]
    found = sorted(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES)
    if not found:
        raise NotFound(f"{path.name}: holds no file {', '.join(SUFFIXES)}")
    return found


def read_file(path: Path) -> Any:
    """What a file holds; of .jsonl a list. Raises NotFound, InvalidInput with file and line."""
    text = _content(path)
    suffix = path.suffix.lower()
    try:
        if suffix == ".jsonl":
            return list(_lines(text))
        found = read_json(text) if suffix == ".json" else read_yaml(text)
    except InvalidInput as error:
        raise InvalidInput(f"{path.name}: {error}") from None
    return found


def _content(path: Path) -> str:
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidInput(f"{path.name}: wanted is a file {', '.join(SUFFIXES)}")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidInput(f"{path.name}: is larger than {MOST_BYTES // 1_000_000} MB")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(f"{path.name}: is not UTF-8 text") from None
    except OSError as error:
        raise NotFound(f"{path.name}: {error.strerror}") from None


def read_json(text: str) -> Any:
    """Raises InvalidInput for what is no JSON, repeats a name, or holds NaN or half a character."""
    try:
        found = json.loads(text, object_pairs_hook=_pairs, parse_constant=_no_number)
        text.encode()
        json.dumps(found, ensure_ascii=False).encode()  # half a character has no UTF-8 form
    except UnicodeEncodeError:
        raise InvalidInput("holds half a character") from None
    except RecursionError:
        raise InvalidInput("is nested too deeply") from None
    except InvalidInput:
        raise
    except ValueError as error:  # also a number of ten thousand digits
        raise InvalidInput(f"not JSON: {error}"[:200]) from None
    _check_depth(found)
    return found


def read_yaml(text: str) -> Any:
    """Raises InvalidInput with the line where the text stops being harmless YAML."""
    try:
        _check_events(text)
        found = yaml.load(text, Loader=_Reader)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        line = f"line {at.line + 1}: " if at else ""
        raise InvalidInput(f"not YAML: {line}{error.problem or error.context}"[:200]) from None
    except yaml.YAMLError as error:
        raise InvalidInput(f"not YAML: {str(error).splitlines()[0]}"[:200]) from None
    except RecursionError:
        raise InvalidInput("is nested too deeply") from None
    except InvalidInput:
        raise
    except ValueError as error:  # a number of ten thousand digits
        raise InvalidInput(f"not YAML: {error}"[:200]) from None
    return found


def write_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def write_yaml(value: Any) -> str:
    """In the order of the value; Chinese stays readable."""
    text: str = yaml.dump(
        value, Dumper=_Writer, allow_unicode=True, sort_keys=False, width=4096,
        default_flow_style=False,
    )  # fmt: skip
    return text


def write_jsonl(values: Iterable[Any]) -> str:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in values)


def _lines(text: str) -> Iterator[Any]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield read_json(line)
            except InvalidInput as error:
                raise InvalidInput(f"line {number}: {error}") from None


def _check_events(text: str) -> None:
    """Before anything is built: no alias, no tag, no second document, no tower of brackets."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise InvalidInput(f"line {line}: aliases (& and *) are not taken")
        if getattr(event, "tag", None) not in (None, "!"):
            raise InvalidInput(f"line {line}: tags (!…) are not taken")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if depth > DEEPEST or documents > 1:
            what = "is nested too deeply" if depth > DEEPEST else "a second document begins"
            raise InvalidInput(f"line {line}: {what}")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST + 1):
        if not level:
            return
        held = (one for one in level if isinstance(one, dict | list))
        level = [
            inner for one in held for inner in (one.values() if isinstance(one, dict) else one)
        ]
    raise InvalidInput("is nested too deeply")


def _holds(value: Any) -> bool:
    return isinstance(value, dict | list)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _check_names([name for name, _ in pairs], "")
    return dict(pairs)


def _check_names(names: list[Any], where: str) -> None:
    said = f"{where}: " if where else ""
    seen: set[str] = set()
    for name in names:
        if not isinstance(name, str):
            raise InvalidInput(f"{said}a name of a field is a text, here stands {str(name)[:20]}")
        if name in seen:
            raise InvalidInput(f"{said}{name[:40]} stands there twice")
        seen.add(name)


def _no_number(name: str) -> Any:
    raise InvalidInput(f"{name} is no number")
