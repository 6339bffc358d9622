"""Somebody at a journey's canvas, and the journey that he works at."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from bot.store import journey_drafts, journeys
from tests.bot.console.sharing import stamp

LIST = "/console/a/default/journeys"
PATH = f"{LIST}/wake/canvas"
STEPS = [
    {"id": "wait", "wait": {"days": 2}},
    {"id": "ask", "branch": {"ways": [{"if": {"tag": "vip"}, "to": "end"}], "else": "tag"}},
    {"id": "tag", "tag": "silent"},
    {"id": "end", "end": "finished"},
]  # fmt: skip
DOCUMENT = {"slug": "wake", "name": "唤醒", "trigger": {"when": "manual"}, "steps": STEPS}
# What a journey leaves behind.
TABLES = ("journey", "campaign", "segment", "journey_cursor")


class Desk:
    """Somebody at the canvas; his forms say which state of it he looked at."""

    def __init__(self, house, name="lin", path=PATH):
        self.house, self.path = house, path
        self.browser = house.signed_in(name)
        self.form = stamp(self.browser)
        self.seen = ""

    def look(self, **asked):
        page = self.browser.get(self.path, query_string=asked)
        found = re.search(r'name="seen" value="([^"]*)"', page.text)
        self.seen = found[1] if found else self.seen
        return page

    def do(self, act, **values):
        data = {"form": self.form, "seen": self.seen, "do": act, **values}
        answer = self.browser.post(self.path, data=data)
        if answer.status_code == 302 and "/canvas" in answer.location:
            self.look()  # there is a draft now, and its state stands on the page
        return answer

    @property
    def held(self):
        return journeys.by_slug(self.house.account_id, "wake")

    def draft(self, step=None):
        document = journey_drafts.of_journey(self.held.id).document
        return next(s for s in document["steps"] if s["id"] == step) if step else document


def filled(page):
    """What a browser sends of the form of a step, with each button's name apart."""
    form = page[page.index('name="do" value="step"') :]
    form = form[: form.index("</form>")]
    found = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else re.search(r'value="([^"]*)"', options)[1]
    ticked = re.findall(r'<input[^>]*type="checkbox"[^>]*name="([^"]+)"(?![^>]*checked)', form)
    buttons = set(re.findall(r'<button[^>]*name="(\w+)" value="(\w+)"', form))
    return {name: text for name, text in found.items() if name not in ticked}, buttons


class Sent(HTMLParser):
    """What a browser sends of a form that nobody touched: [(name, value), ...]; `do` says which
    form of the page."""

    def __init__(self, page: str, do: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._do, self._here, self._fields = do, False, self.found
        self._select: str | None = None
        self._chosen: list[str | None] = []
        self._area: str | None = None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._fields, self._here = [], True
        elif not self._here:
            return
        elif tag == "input" and has.get("name"):
            if has.get("type") not in ("checkbox", "radio") or "checked" in has:
                self._fields.append((has["name"], has.get("value", "")))
        elif tag == "textarea":
            self._area, self._text = has["name"], ""
        elif tag == "select":
            self._select, self._chosen, self._first = has["name"], [], None
            self._many = "multiple" in has
        elif tag == "option" and self._select:
            self._first = has.get("value", "") if self._first is None else self._first
            self._chosen += [has.get("value", "")] if "selected" in has else []

    def handle_data(self, data):
        if self._area is not None:
            self._text += data

    def handle_endtag(self, tag):
        if tag == "textarea" and self._area is not None:
            self._fields.append((self._area, self._text.removeprefix("\n").replace("\n", "\r\n")))
            self._area = None
        elif tag == "select" and self._select:
            chosen = self._chosen or ([] if self._many else [self._first])
            self._fields += [(self._select, one) for one in chosen if one is not None]
            self._select = None
        elif tag == "form":
            if ("do", self._do) in self._fields and not self.found:
                self.found = self._fields
            self._here = False
