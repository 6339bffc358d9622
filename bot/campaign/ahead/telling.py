"""In words, for people: what a dry run foretells, and what one follower would get. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.campaign.ahead.dryrun import DryRun
from bot.campaign.ahead.preview import HELD, WAITS, Preview
from bot.campaign.permission.trace import Step
from bot.clock import wall
from bot.effect.tables import reason, yuan
from bot.effect.telling import held_out_told
from bot.i18n import t


def dry_run_told(found: DryRun, zone: ZoneInfo, lang: str = "zh") -> Iterator[str]:
    """Line by line; times by the clock of `zone`."""
    yield t(
        "campaign.ahead.head", lang, slug=found.slug, audience=f"{found.audience:,}",
        at=wall(found.starts_at, zone),
    )  # fmt: skip
    yield from _waterfall(found, lang)
    yield from _sends(found, zone, lang)
    yield from _goods(found, lang)
    yield from _match(found, lang)
    yield from _finish(found, zone, lang)
    for one in found.collisions:
        state = t(f"campaign.state.{one.state}", lang)
        yield t("campaign.ahead.shared", lang, many=f"{one.shared:,}", slug=one.slug, state=state)
    yield from found.sizing
    yield from (finding.line(lang) for finding in found.findings)
    if found.starts_at > found.as_of:
        yield t("campaign.ahead.later", lang, at=wall(found.as_of, zone))
    for example in found.examples:
        way = t(f"fan.channel.{example.channel}", lang)
        yield f"--- {example.follower} {example.variant} {way}"
        yield example.text


def _waterfall(found: DryRun, lang: str) -> Iterator[str]:
    for step in found.waterfall():
        if step["out"] or step["rule"] == "held_out":
            words = _rule(step["rule"], lang)
            out, left = f"{step['out']:,}", f"{step['left']:,}"
            yield t("campaign.ahead.step", lang, rule=words, out=out, left=left)
        if step["rule"] == "held_out" and (line := held_out_told(found.held_out_by, lang)):
            yield f"    {line}"


def _rule(rule: str, lang: str) -> str:
    return t("campaign.ahead.held_out", lang) if rule == "held_out" else reason("skip", rule, lang)


def _sends(found: DryRun, zone: ZoneInfo, lang: str) -> Iterator[str]:
    line = t("campaign.ahead.sends", lang, many=f"{found.expected:,}")
    if found.delayed and found.delayed_until:
        until = wall(found.delayed_until, zone)
        line += t("campaign.ahead.delayed", lang, many=f"{found.delayed:,}", at=until)
    yield line
    for channel, many in found.ways.items():
        left = found.quota.get(channel)
        room = t("campaign.ahead.quota", lang, left=f"{left:,}") if left is not None else ""
        yield f"  {t(f'fan.channel.{channel}', lang)} {many:,}{room}"
    if len(found.variants) > 1:
        for variant, many in found.variants.items():
            yield t("campaign.ahead.variant", lang, variant=variant, many=f"{many:,}")


def _goods(found: DryRun, lang: str) -> Iterator[str]:
    if found.stock is not None:
        burn, stock = f"{found.burn:,}", f"{found.stock:,}"
        yield t("campaign.ahead.coupons", lang, burn=burn, stock=stock)
    line = t("campaign.ahead.cost", lang, cost=yuan(found.cost_fen))
    if found.budget_fen is not None:
        line += t("campaign.ahead.budget", lang, budget=yuan(found.budget_fen))
    yield line


def _match(found: DryRun, lang: str) -> Iterator[str]:
    said = found.match
    if said is None:
        return
    yield t(
        "campaign.match.head", lang, served=f"{said['served']:,}", people=f"{said['people']:,}",
        worth=yuan(round(said["worth_fen"])), gap=f"{100 * said['gap']:.2f}",
    )  # fmt: skip
    yield t(f"campaign.match.{'by_model' if said['by_model'] else 'assumed'}", lang)
    for name, one in said["offers"].items():
        scarce = ""
        if one["price_fen"]:
            scarce = t("campaign.match.scarce", lang, price=yuan(round(one["price_fen"])))
        figures = {"given": f"{one['given']:,}", "stock": f"{one['stock']:,}"}
        yield t("campaign.match.offer", lang, offer=name, **figures) + scarce


def why_told(told: Mapping[str, Any], lang: str = "zh") -> Iterator[str]:
    """Why this of several offers, and why not the next: of drawing.matched.Planned.told."""
    head = "campaign.match.chosen" if told["choice"] else "campaign.match.none"
    yield t(head, lang, offer=told["choice"])
    if told["choice"] or told["runner_up"]:
        parts = ("response", "offer_cost", "message", "fatigue", "value")
        money = {part: yuan(round(told[f"{part}_fen"])) for part in parts}
        of = told["choice"] or told["runner_up"]
        yield t("campaign.match.value", lang, of=of, chance=f"{100 * told['chance']:.1f}", **money)
    key = f"campaign.match.why.{told['why_not']}"
    ahead = yuan(round(abs(told["ahead_fen"])))
    yield t(key, lang, other=told["runner_up"] or "–", ahead=ahead)


def _finish(found: DryRun, zone: ZoneInfo, lang: str) -> Iterator[str]:
    rate = "campaign.ahead.measured" if found.measured else "campaign.ahead.assumed"
    yield t(
        "campaign.ahead.finish", lang, at=wall(found.finish.at, zone),
        rate=t(rate, lang, rate=f"{found.per_minute:,.0f}"),
    )  # fmt: skip
    if found.finish.late:
        yield t("campaign.ahead.late", lang, many=f"{found.finish.late:,}")


# --- one follower -------------------------------------------------------------------------------


def preview_told(found: Preview, zone: ZoneInfo, lang: str = "zh") -> Iterator[str]:
    """What they would get, and why, rule by rule."""
    outcome = t(f"campaign.preview.{found.outcome.replace(' ', '_')}", lang)
    why = f"（{reason('skip', found.why, lang)}）" if found.why else ""
    yield f"{found.follower}：{outcome}{why}"
    if not found.member:
        yield t("campaign.preview.no_member", lang)
    if found.outcome == WAITS:
        yield t("campaign.preview.until", lang, at=wall(found.due_at, zone))
    if found.channel and found.outcome != HELD:
        way = t(f"fan.channel.{found.channel}", lang)
        yield t("campaign.preview.by", lang, channel=way, variant=found.variant)
    if found.coupon:
        yield t("campaign.preview.coupon", lang, **found.coupon)
    if found.match and found.outcome != HELD:
        yield from why_told(found.match, lang)
    if found.matched:
        yield t("campaign.match.last", lang)
        yield from (f"  {line}" for line in why_told(found.matched, lang))
    if found.outcome != HELD:
        yield from (_asked(step, zone, lang) for step in found.trace)
    yield "---"
    yield found.text


def _asked(step: Step, zone: ZoneInfo, lang: str) -> str:
    word = {True: "passed", False: "stops", None: "not_asked"}[step.passed]
    line = t(
        "campaign.preview.step", lang, rule=t(f"campaign.rule.{step.rule}", lang),
        word=t(f"campaign.preview.{word}", lang),
    )  # fmt: skip
    told = t("effect.comma", lang).join(_figures(step.figures, zone, lang))
    return f"{line}（{told}）" if told else line


def _figures(figures: Mapping[str, Any], zone: ZoneInfo, lang: str) -> Iterator[str]:
    """Of bot.campaign.permission.policy.because."""
    for period, one in figures.get("caps", {}).items():
        days = period.removesuffix("d")
        yield t("campaign.figure.cap", lang, days=days, sent=one["sent"], cap=one["cap"])
    for name in ("campaign", "unanswered", "window_left"):
        if name in figures:
            yield t(f"campaign.figure.{name}", lang, value=figures[name])
    if "window" in figures:
        yield t(f"campaign.figure.window.{figures['window']}", lang)
    for name in ("rests_until", "same_topic_at", "until"):
        if name in figures:
            at = wall(datetime.fromisoformat(figures[name]), zone)
            yield t(f"campaign.figure.{name}", lang, value=at)
