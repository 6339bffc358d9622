"""Answers of a rule as rows of a form, each by its kind; and as a line in words.

A row is a0-kind with the fields of every kind beside it: a0-text, a0-video-title, a0-n1-url for an
article, a0-m2-say for an option of a menu. Only those of the chosen kind are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from bot.console.shell import Words
from bot.talk.answers import INTERESTS, KINDS, LANGUAGES, MINE, MOST_OPTIONS
from bot.talk.rules import MOST_ANSWERS

Document = dict[str, Any]
Given = MultiDict[str, str]
MOST_ARTICLES = 8
SPARE_OPTIONS = 2  # empty ones that wait for more
# The fields of a kind beside the one that is called as the kind itself.
BESIDE: Mapping[str, tuple[str, ...]] = {
    "video": ("title", "description", "thumb"),
    "music": ("title", "description", "url", "hq_url"),
    "miniprogram": ("title", "appid", "pagepath", "thumb"),
    "menu": ("head", "tail"),
}
ARTICLE = ("title", "description", "url", "picture_url")
OPTION = ("say", "id")
WHOLE = ("menu", "miniprogram")  # kinds whose fields stand in a document of their own
_ONE = tuple(kind for kind in KINDS if kind not in (*WHOLE, "news", "silent"))
MARKETERS = ("text", "image", "news", "menu", "coupon", "content", "form", "human", "miniprogram",
             "video", "voice", "music", "silent")  # fmt: skip


def kind_of(answer: Any) -> str:
    return next((kind for kind in KINDS if isinstance(answer, Mapping) and kind in answer), "text")


# --- read ----------------------------------------------------------------------------------------


def answers_from(given: Given) -> list[Document]:
    """The rows in their order; each is still to be read as a document."""
    return [_answer(given, f"a{row}") for row in rows_of(given, "answer", MOST_ANSWERS)]


def rows_of(given: Given, name: str, most: int) -> list[str]:
    """The numbers of the rows that the form has, as they stand there."""
    found = (row for row in given.getlist(name) if row.isascii() and row.isdigit() and len(row) < 4)
    return list(dict.fromkeys(found))[: most + 1]


def _answer(given: Given, row: str) -> Document:
    kind = given.get(f"{row}-kind", "text")
    kind = kind if kind in KINDS else "text"
    found: Document = {kind: _content(given, row, kind)}
    if kind not in WHOLE:
        found |= {name: _text(given, f"{row}-{kind}-{name}") for name in BESIDE.get(kind, ())}
    for name, wanted in (("lang", given.get(f"{row}-lang")), ("only", given.get(f"{row}-only"))):
        if wanted:
            found[name] = wanted
    return found


def _content(given: Given, row: str, kind: str) -> Any:
    if kind == "silent":
        return True
    if kind == "news":
        return list(_articles(given, row))
    if kind == "menu":
        inside = {name: _text(given, f"{row}-menu-{name}") for name in BESIDE["menu"]}
        return {**inside, "options": list(_options(given, row))}
    if kind in WHOLE:
        return {name: _text(given, f"{row}-{kind}-{name}") for name in BESIDE[kind]}
    return _text(given, f"{row}-{kind}")


def _articles(given: Given, row: str) -> Iterator[Document]:
    """Of the picture a chosen one goes before an address; a row with nothing in it is none."""
    for at in rows_of(given, f"{row}-news", MOST_ARTICLES):
        one = {name: _text(given, f"{row}-n{at}-{name}") for name in ARTICLE}
        one["picture_url"] = _text(given, f"{row}-n{at}-picture") or one["picture_url"]
        if any(one.values()):
            yield one


def _options(given: Given, row: str) -> Iterator[Document]:
    for at in rows_of(given, f"{row}-menu", MOST_OPTIONS + SPARE_OPTIONS):
        one = {name: _text(given, f"{row}-m{at}-{name}") for name in OPTION}
        if any(one.values()):
            yield one


def _text(given: Given, name: str) -> str:
    return given.get(name, "").replace("\r\n", "\n").strip()


# --- shown ---------------------------------------------------------------------------------------


def shown(answers: list[Document], articles: int = -1) -> list[Document]:
    """The form's rows. `articles`: the answer that gets an empty article more, -1: none."""
    return [_shown(one, at, at == articles) for at, one in enumerate(answers)]


def _shown(answer: Mapping[str, Any], at: int, one_more: bool) -> Document:
    kind = kind_of(answer)
    inside = answer[kind] if kind in WHOLE and isinstance(answer.get(kind), Mapping) else answer
    menu = inside if kind == "menu" else {}
    news = list(answer.get("news") or ())
    if not news or (one_more and len(news) < MOST_ARTICLES):
        news.append({})
    options = list(menu.get("options") or ())
    spare = min(SPARE_OPTIONS, MOST_OPTIONS - len(options))
    return {
        "at": at,
        "kind": kind,
        "lang": answer.get("lang", ""),
        "only": answer.get("only", ""),
        **{name: answer[name] if name == kind else "" for name in _ONE},
        **{f"{of}_{name}": inside.get(name, "") if of == kind else ""
           for of, names in BESIDE.items() for name in names},
        "news": news,
        "options": [*options, *[{}] * max(spare, 0)],
    }  # fmt: skip


# --- in words ------------------------------------------------------------------------------------


def in_words(answer: Mapping[str, Any], say: Words, named: Mapping[tuple[str, str], str]) -> str:
    """One answer: a text as it is, another by its kind and what it names; then for whom.

    named   ("coupon", slug) and the like -> what people call it
    """
    kind = kind_of(answer)
    said = str(answer["text"]) if kind == "text" else _kind_said(answer, kind, say, named)
    return said + _whom(answer, say, named)


def _kind_said(
    answer: Mapping[str, Any], kind: str, say: Words, named: Mapping[tuple[str, str], str]
) -> str:
    what = answer.get(kind)
    detail = ""
    if kind == "news":
        detail = say("con.rules.comma").join(str(one.get("title", "")) for one in what or ())
    elif kind == "menu":
        options = "\n".join(f"· {one.get('say', '')}" for one in (what or {}).get("options", ()))
        detail = f"{(what or {}).get('head', '')}\n{options}".strip()
    elif kind == "miniprogram":
        detail = str((what or {}).get("title", ""))
    elif kind == "coupon" and what == MINE:
        detail = say("con.rules.coupon_mine")
    elif kind == "content" and what == INTERESTS:
        detail = say("con.rules.content_interests")
    elif kind in ("video", "music"):
        detail = str(answer.get("title", ""))
    elif kind not in ("silent", "voice"):
        detail = named.get((kind, str(what)), "" if kind == "image" else str(what or ""))
    return f"[{say('con.rules.kind.' + kind)}] {detail}".strip()


def _whom(answer: Mapping[str, Any], say: Words, named: Mapping[tuple[str, str], str]) -> str:
    found = []
    if answer.get("lang") in LANGUAGES:
        found.append(say(f"con.rules.lang.{answer['lang']}"))
    if only := answer.get("only"):
        found.append(say("con.rules.only_said", segment=named.get(("segment", only), only)))
    return say("con.rules.whom", whom=say("con.rules.comma").join(found)) if found else ""
