"""The addresses that `benchmarks console` asks for: every GET of the console, with what is asked of
its lists, filled in from a made house.

Who adds a route is told so here: `visits` raises where a route needs a value that nothing names,
and LEFT_OUT says why one is not asked for. tests/benchmarks holds that without a house.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from flask import Flask
from werkzeug.routing import Rule

from benchmarks.console_rows import JOURNEY, OVER, RUNNING
from bot.store.db import fetch

LEFT_OUT = {
    "console.asset": "a file that browsers keep: no query, no template",
    "console.invited": "needs the token of a mail; a password is set on it, no list is read",
    "console.take_copy": "a copy of the whole database as a file, in pieces: no query, no template",
    "console.second": "half-way through signing in: who is in is sent on",
}
# What stands in addresses of an endpoint, where the name of the part does not tell: one visit each.
PLACES: dict[str, Sequence[Mapping[str, str]]] = {
    "console.campaign_page": [{"ref": RUNNING}, {"ref": OVER}, {"ref": "draft"}],
    "console.campaign_ahead": [{"ref": "draft"}, {"ref": RUNNING}],
    "console.campaign_trial": [{"ref": "draft"}],
    "console.edit_campaign": [{"ref": "draft"}],
    "console.campaign_effect": [{"ref": OVER}, {"ref": RUNNING}],
    "console.campaign_people": [{"ref": OVER}],
    "console.campaign_live": [{"ref": RUNNING}],
    "console.campaign_sheet": [{"ref": OVER}, {"ref": RUNNING}],
    "console.code_picture": [{"kind": "png"}, {"kind": "svg"}],
    "console.content_page": [{"ref": "piece-7"}],
    "console.content_edit": [{"ref": "piece-7"}],
    "console.coupon_batch": [{"ref": "autumn"}],
    "console.experiment_page": [{"key": "tone"}],
    "console.follower_tab": [
        {"tab": one}
        for one in ("picture", "tags", "timeline", "coupons", "messages", "why", "rights")
    ],
    "console.import_template": [{"kind": one} for one in ("followers", "orders", "events")],
    "console.intent_page": [{"ref": "coupon.mine"}],
    "console.journey_page": [{"ref": JOURNEY}],
    "console.journey_canvas": [{"ref": JOURNEY}],
    "console.journey_edit": [{"ref": JOURNEY}],
    "console.journey_report": [{"ref": JOURNEY}],
    "console.journey_walk": [{"ref": JOURNEY}],
    "console.menu_one": [{"ref": "regulars"}],
    "console.report": [
        {"kind": one}
        for one in ("users", "messages", "menu", "interface", "retention", "funnel", "sources",
                    "campaigns", "lookbacks", "runs")
    ],
    "console.report_csv": [
        {"kind": one}
        for one in ("users", "messages", "menu", "interface", "retention", "funnel", "sources",
                    "campaigns", "runs")
    ],
    "console.lookback": [{"ref": OVER, "number": "1"}],
    "console.rule_edit": [{"ref": "{rule}"}],
    "console.segment_page": [{"ref": "segment-0"}, {"ref": "tenth"}],
    "console.edit_segment": [{"ref": "segment-0"}],
    "console.segment_why": [{"ref": "segment-0"}],
    "console.replay_one": [{"task_id": "{replay}"}],
    "console.work_file": [{"task_id": "{file_task}"}],
    "console.work_one": [{"task_id": "{file_task}"}, {"task_id": "{replay}"}],
    "console.work_live": [{"task_id": "{going}"}],
    "console.chat": [{"follower_id": "{chatty}"}, {"follower_id": "{waiting}"}],
    "console.chat_live": [{"follower_id": "{chatty}"}],
}  # fmt: skip
# What is asked of an endpoint beside the page as it comes: searches, filters, pages far behind.
ASKED: dict[str, Sequence[str]] = {
    "console.home": ["days=30"],
    "console.calendar": ["month=2026-10"],
    "console.campaigns_list": ["state=running", "q=计划", "state=closed&q=初"],
    "console.campaign_people": [
        f"run=1&figure={one}"
        for one in ("audience", "sent", "delivered", "clicks", "buyers", "failed&why=45015",
                    "failed&why=1", "skipped&why=quiet_hours", "unknown", "sent&before={second}")
    ],
    "console.campaign_sheet": ["run=1"],
    "console.campaign_trial": ["follower={follower}"],
    "console.codes": ["archived=1", "scene=door3", "before={early_code}"],
    "console.contents": ["kind=article", "after=piece-7", "archived=1"],
    "console.coupons_given": ["batch=autumn", "state=redeemed", "state=void", "before={early}-1"],
    "console.coupons_used": ["batch=autumn", "shop=A3", "source=till", "before={early}-1"],
    "console.followers_list": [
        "segment=segment-0", "segment=tenth", "tag=t001", "tag=t199", "tag=nobody", "following=yes",
        "following=no", "following=opted_out", "following=blacklisted", "q={follower}",
        "before={second}", "segment=tenth&before={second}", "tag=t001&before={second}",
        "following=no&before={second}", "following=opted_out&before={second}",
    ],
    "console.follower_tags": ["after=t150", "after=t199"],
    "console.follower_tab": ["before={early}-1"],
    "console.inbox": ["view=held", "view=open", "view=starred", "view=all",
                      "view=all&before={early}-1", "view=open&before={yesterday}-1"],
    "console.inbox_live": ["view=open", "view=all"],
    "console.chat": ["q=券", "q=nothing"],
    "console.intent_page": ["after={late_example}"],
    "console.journey_walk": ["go=1"],
    "console.journey_page": ["step=wait"],
    "console.model_why": ["purpose=redeem&follower={follower}"],
    "console.quota_page": ["month=2026-10"],
    "console.report": ["days=90", "since=2026-01-01&until=2026-11-20", "compare=1",
                       "campaign=" + OVER, "campaign=" + RUNNING + "&window=30", "before={run}"],
    "console.report_people": [
        f"campaign={OVER}&step={one}{days}"
        for one in ("sent", "clicked", "claimed", "redeemed", "ordered")
        for days in ("", "&since=2026-01-01&until=2026-01-02")
    ],
    "console.rules": ["stage=live", *(f"tab={one}" for one in ("keyword", "subscribe", "other"))],
    "console.rules_try": ["text=有什么优惠券吗&segment=tenth"],
    "console.search": ["q=piece", "q=秋", "q={follower}", "q=nothing"],
    "console.segment_compare": ["s=segment-0&s=tenth", "s=segment-0&s=segment-1&s=segment-2"],
    "console.segment_why": ["follower={follower}"],
    "console.audit_page": ["days=365", "days=365&act=export", "act=follower_look"],
    "console.import_columns": ["kind=followers"],
    "console.new_campaign": ["segment=tenth", "copy=draft"],
    "console.new_content": ["kind=article"],
}  # fmt: skip
# What the house has that stands in addresses, and how it is found.
NAMES = {
    "follower": "SELECT MIN(follower_id) + 1000 FROM prediction",
    "follower_id": "SELECT MIN(follower_id) + 1000 FROM prediction",
    "second": "SELECT MIN(follower_id) + 40 FROM prediction",  # a page that is nearly the last
    "chatty": "SELECT MIN(follower_id) + 3 FROM prediction",
    "waiting": "SELECT MIN(follower_id) + 5 FROM prediction",
    "code_id": "SELECT MIN(id) FROM qr_code WHERE scene = 'door'",
    "early_code": "SELECT MIN(id) + 60 FROM qr_code",
    "picture_id": "SELECT MIN(id) FROM picture",
    "till_id": "SELECT MIN(id) FROM coupon_till",
    "run_id": "SELECT MIN(id) FROM import_run",
    "look_id": "SELECT MAX(id) FROM background_task WHERE kind = 'import_look'",
    "replay": "SELECT MIN(id) FROM background_task WHERE kind = 'replay'",
    "file_task": "SELECT MAX(task_id) FROM background_file WHERE role = 'result'",
    "going": "SELECT MAX(id) FROM background_task WHERE state = 'running'",
    "task_id": "SELECT MIN(id) FROM background_task",
    "model_id": "SELECT MIN(id) FROM insight_model",
    "week": "SELECT MIN(week) FROM week_digest",
    "rule": "SELECT MIN(slug) FROM talk_document WHERE kind = 'rule'",
    "early": "SELECT MIN(issued_at) + 3600000 FROM coupon_code WHERE issued_at > 0",
    "yesterday": "SELECT MAX(slot) - 72000000 FROM job_run",
    "late_example": "SELECT MAX(id) - 20 FROM example",
    "run": "SELECT MAX(id) FROM generation",
}
_ALONE = {
    "console.report_people",
    "console.segment_why",
    "console.campaign_people",
}  # without their question no page
_NAME = re.compile(r"<(?:[a-z_]+:)?(\w+)>")


class Visit(NamedTuple):
    endpoint: str
    path: str


def visits(app: Flask, found: Mapping[str, str]) -> list[Visit]:
    """Every GET of the console. Raises KeyError where nothing is told to stand in an address.

    found  what the house has, by the names of NAMES
    """
    return [one for rule in _rules(app) for one in _of(rule, found)]


def _rules(app: Flask) -> list[Rule]:
    rules = [one for one in app.url_map.iter_rules() if one.endpoint.startswith("console.")]
    asked = [one for one in rules if "GET" in (one.methods or ())]
    if unknown := {*LEFT_OUT, *PLACES, *ASKED} - {one.endpoint for one in asked}:
        raise KeyError(f"no such routes any more: {sorted(unknown)}")
    return sorted((one for one in asked if one.endpoint not in LEFT_OUT), key=lambda one: one.rule)


def _of(rule: Rule, found: Mapping[str, str]) -> Iterator[Visit]:
    for number, place in enumerate(PLACES.get(rule.endpoint, ({},))):
        values = {"slug": "default", **found, **{k: v.format(**found) for k, v in place.items()}}
        path = _NAME.sub(lambda name, of=values: of[name[1]], rule.rule)  # type: ignore[misc]
        if rule.endpoint not in _ALONE:
            yield Visit(rule.endpoint, path)
        if number == 0 or rule.endpoint in ("console.report", "console.chat"):
            for asked in ASKED.get(rule.endpoint, ()):
                yield Visit(rule.endpoint, f"{path}?{asked.format(**found)}")


def house() -> dict[str, str]:
    """What a made house has. Raises LookupError where something is not in it."""
    found = {name: fetch(sql)[0][0] for name, sql in NAMES.items()}
    if missing := [name for name, value in found.items() if value is None]:
        raise LookupError(f"the house has no {', '.join(missing)}: make it anew")
    return {name: str(value) for name, value in found.items()}
