"""Every text of a refusal, read from the source: what stands in InvalidInput(...) and its like.

A value that is not known before the program runs becomes a numbered place: f"the campaign is {x}"
gives "the campaign is {0}". Choices between literals ('a' if x else 'b', a name bound to one of
some literals, what callers hand to a function that makes the error) give one template each. A field
path that stands before the rest ("schedule.until: ...") is left out: `said` puts it back.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ERRORS = frozenset({"InvalidInput", "Conflict", "NotFound"})
VERDICTS = {"Verdict": 2, "abort": 1}  # read by people all the same: which argument
_MOST = 1000  # templates of one place in the source; more is no choice between literals
_HOLE = "\x00"
_LEADING_PATH = re.compile(rf"(?:[a-z_]+|{_HOLE})?(?:[.\[][\w.{_HOLE}\]\[]*)?: ")
_OWN = re.compile(r"class (\w+)\((?:InvalidInput|Conflict|NotFound)\):")
# A function that makes an error of what its callers say.
_MAKER = re.compile(r"def (\w+)\([^()]*\) -> (?:InvalidInput|Conflict|NotFound|NoReturn):")
Piece = str  # a text with _HOLE where a value stands
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Module:
    path: Path
    tree: ast.Module
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.path).removeprefix(f"{ROOT}/")

    @cached_property
    def constants(self) -> dict[str, list[ast.expr]]:
        return _bound(self.tree.body)

    def function_of(self, node: ast.AST) -> Function | None:
        up = self.parents.get(node)
        while up is not None and not isinstance(up, Function):
            up = self.parents.get(up)
        return up


@dataclass(frozen=True)
class Call:
    module: Module
    node: ast.Call


class Source:
    """The parsed modules that make errors, or call a function that makes them."""

    def __init__(self, files: Iterable[Path]) -> None:
        self.calls: dict[str, list[Call]] = defaultdict(list)
        self.errors: set[str] = set(ERRORS)
        self._names: dict[ast.AST, dict[str, list[ast.expr]]] = {}
        texts = {path: path.read_text(encoding="utf-8") for path in files}
        makers = {
            name
            for text in texts.values()
            for made in (_MAKER, _OWN)
            for name in made.findall(text)
        }
        names = "|".join(sorted({*self.errors, *makers, *VERDICTS}))
        wanted = re.compile(rf"\b({names})\(")
        self._read_all({path: text for path, text in texts.items() if wanted.search(text)})

    def _read_all(self, texts: dict[Path, str]) -> None:
        modules = [Module(path, ast.parse(text)) for path, text in texts.items()]
        for module in modules:
            for node in ast.walk(module.tree):
                self._note(node, module)

    def _note(self, node: ast.AST, module: Module) -> None:
        for child in ast.iter_child_nodes(node):
            module.parents[child] = node
        if isinstance(node, ast.Call) and (name := _called(node)):
            self.calls[name].append(Call(module, node))
        if isinstance(node, ast.ClassDef) and self._is_error(node):
            self.errors.add(node.name)

    def _is_error(self, node: ast.ClassDef) -> bool:
        return any(isinstance(base, ast.Name) and base.id in self.errors for base in node.bases)

    def templates(self) -> dict[str, str]:
        """Template -> where it stands first ("bot/x.py:12")."""
        found: dict[str, str] = {}
        own = [one for one in self.calls["__init__"] if self._begins_error(one)]
        raised = [one for name in sorted(self.errors) for one in self.calls[name]]
        told = [(call, at) for name, at in VERDICTS.items() for call in self.calls[name]]
        for call, at in [*((one, 0) for one in own + raised), *told]:
            for text in self.texts_of(call, at):
                found.setdefault(text, f"{call.module.name}:{call.node.lineno}")
        return found

    def _begins_error(self, call: Call) -> bool:
        """super().__init__(text) of an error of ours."""
        within: ast.AST | None = call.node
        while within is not None and not isinstance(within, ast.ClassDef):
            within = call.module.parents.get(within)
        return within is not None and within.name in self.errors

    def texts_of(self, call: Call, at: int) -> list[str]:
        given = call.node.args[at : at + 1] or [
            k.value for k in call.node.keywords if k.arg == "message"
        ]
        texts = (numbered(one) for arg in given for one in self.pieces(arg, call.module, 0))
        return [text for text in texts if re.search(r"[A-Za-z]{2}", re.sub(r"{\d+}", "", text))]

    def pieces(self, node: ast.expr, module: Module, depth: int) -> list[Piece]:
        """All that an expression may be, as far as the source tells."""
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.JoinedStr(values=values):
                return self._joined(values, module, depth)
            case ast.FormattedValue(
                value=ast.IfExp(body=ast.Constant(str(one)), orelse=ast.Constant(str(other)))
            ):
                return [one, other]
            case ast.FormattedValue(value=value):
                return self._inside(self.pieces(value, module, depth))
            case ast.IfExp(body=one, orelse=other):
                return self._union((one, other), module, depth)
            case ast.BoolOp(op=ast.Or(), values=[*firsts, last]):
                full = [one for one in self._union(firsts, module, depth) if one]
                return _distinct([*full, *self.pieces(last, module, depth)])
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._joined((left, right), module, depth)
            case ast.Name(id=name) if depth < 5:
                return self._named(name, node, module, depth + 1)
            case ast.Subscript(value=ast.Name(id=name)) if name in module.constants:
                return self._looked_up(module.constants[name], module, depth)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="get")) if (
                name in module.constants
            ):
                return self._looked_up(module.constants[name], module, depth)
            case ast.Subscript(value=ast.JoinedStr() as text, slice=ast.Slice()):
                return self.pieces(text, module, depth)
            case ast.Call(func=ast.Attribute(value=ast.Constant("; ")), args=[listed]):
                return self._each(listed, module, depth)
            case ast.Call(func=ast.Attribute(value=ast.Constant("\n")), args=[listed]):
                return self._each(listed, module, depth)
            case ast.Call(func=ast.Name(id=name)) if depth < 5:
                return self._returned(name, module, depth + 1)
        return [_HOLE]

    def _union(self, nodes: Iterable[ast.expr], module: Module, depth: int) -> list[Piece]:
        return _distinct(one for node in nodes for one in self.pieces(node, module, depth))

    def _each(self, listed: ast.expr, module: Module, depth: int) -> list[Piece]:
        """What is put together from a list is said one by one."""
        match listed:
            case ast.GeneratorExp(elt=one) | ast.ListComp(elt=one):
                return self.pieces(one, module, depth)
            case ast.List(elts=nodes) | ast.Tuple(elts=nodes):
                return self._union(nodes, module, depth)
        return [_HOLE]

    def _joined(self, nodes: Iterable[ast.expr], module: Module, depth: int) -> list[Piece]:
        choices = [self.pieces(node, module, depth) for node in nodes]
        while (many := _product(choices)) > _MOST and any(len(c) > 1 for c in choices):
            choices[max(range(len(choices)), key=lambda i: len(choices[i]))] = [_HOLE]
        assert many <= _MOST
        return _distinct("".join(one) for one in itertools.product(*choices))

    @staticmethod
    def _inside(found: list[Piece]) -> list[Piece]:
        """What is put into a text is words where it has some, and else a value: a name, a path."""
        words = [one for one in found if re.search("[a-z] |[a-z]$|: $", one) and " " in one]
        if not words:
            return [_HOLE]
        names = [one for one in found if one and one not in words]
        return [*words, *([""] if "" in found else []), *([_HOLE] if names else [])]

    def _named(self, name: str, node: ast.AST, module: Module, depth: int) -> list[Piece]:
        within = module.function_of(node)
        while within is not None:
            if within not in self._names:
                self._names[within] = _bound(within.body)
            if bound := self._names[within].get(name):
                return self._union(bound, module, depth)
            if name in (known := _parameters(within)):
                if not (_is_private(within) or _makes_error(within)):
                    return [_HOLE]
                return self._handed(within, known.index(name), name, module, depth)
            within = module.function_of(within)
        if bound := module.constants.get(name):
            return self._union(bound, module, depth)
        return [_HOLE]

    def _handed(
        self, function: Function, at: int, name: str, module: Module, depth: int
    ) -> list[Piece]:
        """What callers hand to a parameter; a private function is called in its module only."""
        found: list[Piece] = []
        for call in self.calls[function.name]:
            if _is_private(function) and call.module is not module:
                continue
            args = call.node.args
            # self is not written by who calls
            place = at - (_parameters(function)[0] in ("self", "cls"))
            named = [k.value for k in call.node.keywords if k.arg == name]
            given = named or args[place : place + 1]
            found += self._union(given, call.module, depth)
        return _distinct(found) or [_HOLE]

    def _looked_up(self, nodes: list[ast.expr], module: Module, depth: int) -> list[Piece]:
        tables = [node for node in nodes if isinstance(node, ast.Dict)]
        return self._union([v for one in tables for v in one.values], module, depth) or [_HOLE]

    def _returned(self, name: str, module: Module, depth: int) -> list[Piece]:
        """What a function of the same module that makes texts gives back."""
        for node in module.tree.body:
            if isinstance(node, Function) and node.name == name and _gives_text(node):
                given = [
                    one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value
                ]
                return self._union(given, module, depth) or [_HOLE]
        return [_HOLE]


def collected(packages: Iterable[str]) -> dict[str, str]:
    """Template -> place, of the packages of bot/."""
    files = (path for one in packages for path in sorted((ROOT / "bot" / one).rglob("*.py")))
    return Source(files).templates()


def numbered(piece: Piece) -> str:
    """A field path before the rest is left out, the places are numbered."""
    while found := _LEADING_PATH.match(piece):
        piece = piece[found.end() :]
    count = itertools.count()
    return re.sub(rf"{_HOLE}+", lambda _: f"{{{next(count)}}}", piece)


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _parameters(function: Function) -> list[str]:
    args = function.args
    return [one.arg for one in (*args.posonlyargs, *args.args, *args.kwonlyargs)]


def _bound(body: Iterable[ast.stmt]) -> dict[str, list[ast.expr]]:
    """Name -> all that is bound to it by plain assignment."""
    found: dict[str, list[ast.expr]] = defaultdict(list)
    for node in _walk(body):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name].append(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
                found[name].append(value)
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                found[name].append(value)
    return found


def _walk(body: Iterable[ast.stmt]) -> Iterator[ast.AST]:
    """All nodes, but not those inside functions of their own."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            waiting += ast.iter_child_nodes(node)


def _is_private(function: Function) -> bool:
    return function.name.startswith("_") and not function.name.startswith("__")


def _makes_error(function: Function) -> bool:
    return isinstance(function.returns, ast.Name) and function.returns.id in {*ERRORS, "NoReturn"}


def _gives_text(function: Function) -> bool:
    return isinstance(function.returns, ast.Name) and function.returns.id == "str"


def _distinct(found: Iterable[Piece]) -> list[Piece]:
    return list(dict.fromkeys(found))


def _product(choices: list[list[Piece]]) -> int:
    many = 1
    for one in choices:
        many *= len(one)
    return many
