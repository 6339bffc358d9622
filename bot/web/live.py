"""What the bot is doing, for watching a sandbox. Served only where the API is a local double."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, current_app, render_template, request, send_from_directory
from werkzeug.wrappers import Response

from bot import campaign
from bot.store import campaigns as campaign_rows
from bot.store import followers, jobs, profiles, repair, segments
from bot.web.services import services

views = Blueprint("live", __name__)


@dataclass(frozen=True)
class LivePage:
    """Finished words for the template."""

    figures: list[tuple[str, str]]
    replies: list[tuple[str, str]]
    segments: list[tuple[str, str]]
    campaigns: list[dict[str, str]]
    jobs: list[tuple[str, str, str]]


@views.before_request
def only_from_here() -> None:
    """The page shows figures without a sign-in, so it is for this machine alone."""
    if request.remote_addr not in ("127.0.0.1", "::1"):
        abort(404)


@views.get("/live")
def page() -> str:
    """The page; it asks for its own middle every second."""
    return render_template("live/page.html", page=_page())


@views.get("/live/figures")
def figures() -> str:
    """The middle of the page."""
    return render_template("live/figures.html", page=_page())


@views.get("/live/static/<path:name>")
def static(name: str) -> Response:
    return send_from_directory(Path(current_app.template_folder or "") / "live" / "static", name)


def _page() -> LivePage:
    account, now = services().account_of("default"), services().clock()
    callbacks = repair.callback_counts(account.id)
    return LivePage(
        figures=[
            ("粉丝 followers", f"{followers.count(account.id):,}"),
            ("画像 profiles", f"{profiles.count(account.id):,}"),
            ("回调 callbacks", f"{callbacks['delivered']:,}"),
            ("已答 answered", f"{callbacks['answered']:,}"),
            ("迟到 late", f"{callbacks['late']:,}"),
            ("失败 failed", f"{callbacks['failed']:,}"),
        ],
        replies=[
            (name, f"{count:,}") for name, count in repair.replies_by_handler(account.id).items()
        ],
        segments=[
            (f"{row.name} {row.slug}", f"{row.size:,}") for row in segments.of_account(account.id)
        ],
        campaigns=[
            _campaign_row(campaign.report_of(account.id, row.slug, now).to_json())
            for row in campaign_rows.all_of(account.id)
        ],
        jobs=[(run.job, run.outcome, f"{run.started_at:%H:%M:%S}") for run in jobs.last_runs()],
    )


def _campaign_row(report: dict[str, Any]) -> dict[str, str]:
    closing = report["closing"]
    return {
        "name": str(report["name"]),
        "state": str(report["state"]),
        "audience": f"{closing['audience']:,}",
        "sent": f"{closing['sent']:,}",
        "skipped": f"{sum(closing['skipped'].values()):,}",
        "held_out": f"{closing['held_out']:,}",
        "unknown": f"{closing['unknown']:,}",
        "failed": f"{sum(closing['failed'].values()):,}",
        "open": f"{closing['open']:,}",
        "clicks": f"{report['clicks']:,}",
        "redemptions": f"{report['redemptions']:,}",
    }
