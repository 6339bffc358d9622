"""The jobs: a name, how often, and one call into a use case that says how much it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot import background, coupon
from bot.campaign import close_due, plan_reminders, push_due, sweep
from bot.campaign.experiments import look as experiments_look
from bot.campaign.sending import watchdog
from bot.clock import SHANGHAI
from bot.coupon import patrol, reminding, stocks, wallet
from bot.effect import days, digest, mail, outcomes, postmortem
from bot.inbox.context import Dispatch
from bot.inbox.overhearing import overhear
from bot.inbox.repairing import repair_inbox
from bot.inbox.returning import return_chats
from bot.journey import advance_due, call_due, tidy
from bot.learning import nightly
from bot.profile import around, auditing, identity, retention
from bot.profile.grouping import regroup
from bot.profile.refresh import age_stages, fold_new
from bot.segment.refresh import refresh_all
from bot.services import Services
from bot.store import accounts, dialogues, jobs, picture, privacy, segment_sizes
from bot.talk.learning import suggest
from bot.talk.trial import run_trials
from jobs import channelling, collecting, figuring
from jobs.each import each_account

SUGGESTS_AT = 3  # o'clock
RETAINS_AT = 4

Work = Callable[[Services, Dispatch, datetime], int]


@dataclass(frozen=True)
class Job:
    """`every` is in seconds; `work` returns how many things it did, 0 for nothing to do."""

    name: str
    every: float
    work: Work


def _fold(services: Services, dispatch: Dispatch, now: datetime) -> int:
    return fold_new(now)


def _identities(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Events follow whom they were found to belong to, or leave."""
    return identity.go_on(now)


def _segments(services: Services, dispatch: Dispatch, now: datetime) -> int:
    return refresh_all(now).moved


def _journeys(services: Services, dispatch: Dispatch, now: datetime) -> int:
    return advance_due(services, now)


def _webhooks(services: Services, dispatch: Dispatch, now: datetime) -> int:
    return call_due(services, now)


def _stale(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """What journeys wanted sent and nobody could send in time."""
    return tidy(now)


def _campaigns(services: Services, dispatch: Dispatch, now: datetime) -> int:
    return push_due(services, now, budget_seconds=20) + close_due(now)


def _reminders(services: Services, dispatch: Dispatch, now: datetime) -> int:
    return plan_reminders(services, now)


def _effects(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Runs that are over: outcomes into the log, a post-mortem; and last week's digest."""
    to = tuple(one.strip() for one in services.settings.report_to.split(",") if one.strip())
    done = outcomes.tell_due(now) + postmortem.make_due(now) + digest.make_due(now)
    return done + mail.send_due(mail.Mailbox(services.settings.smtp_url, to), now)


def _days(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """The figures of days that are over, counted once for the console's home page; and today's
    sizes of segments."""
    return days.fill_due(now) + segment_sizes.note(now)


def _experiments(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Each is looked at once an hour; what a killed look left behind goes on at once."""
    return experiments_look.look(now)


def _sweep(services: Services, dispatch: Dispatch, now: datetime) -> int:
    return sweep(now) + coupon.sweep(now)


def _watchdog(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """What is to send and does not is said aloud."""
    return watchdog.look(now)


def _coupons(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Stock that runs low, signs of fraud and coupons about to end are told of, each once."""
    return stocks.watch(now) + patrol.patrol(now) + reminding.tell_expiring(now)


def _wallets(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Coupons that were issued go into WeChat's wallet, where their batch is one of its stocks."""
    merchant = services.settings.pay_config
    if not merchant:
        return 0
    return wallet.keep_up(merchant, services.account_of("default").appid, services.clock, now)


def _repair(services: Services, dispatch: Dispatch, now: datetime) -> int:
    return repair_inbox(services, dispatch, now)


def _chats(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Nobody waits for a person for ever."""
    return return_chats(services, now)


def _agents(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Rights that followers use towards human agents never reach the callback."""
    return overhear(services, now)


def _token(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Keep the shared token fresh, so that no sender waits for a refresh."""
    return each_account(lambda account: services.client_of(account).warm_token(now))


def _stages(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Some stages change by time alone: who is silent for long falls asleep."""
    return age_stages(now)


def _trials(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Decide the latest messages by the set on trial as well, where one is."""
    return sum(run_trials(account, now) for account in accounts.all_accounts())


def _suggest(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Once a night, in each account's zone: group what nobody answered."""
    return sum(
        suggest(account.id, now)
        for account in accounts.all_accounts()
        if now.astimezone(ZoneInfo(account.timezone)).hour == SUGGESTS_AT
    )


def _retain(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Once a night: events whose time is over go, the key in force is noted, and where everybody
    stands is reckoned."""
    if now.astimezone(SHANGHAI).hour != RETAINS_AT:
        return 0
    auditing.note_key(now)
    for account in accounts.ids():
        picture.reckon(account, now)
        identity.catch_up(account, now)
        around.reckon(account, now)
    return retention.retain(retention.parse(services.settings.retention), now).total


def _models(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Once a night, in each account's zone: models that are due are taught, everybody is scored."""
    return nightly.learn(now, services.settings.models, services.settings.retrain_days)


def _groups(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """Once a night, in each account's zone: RFM segments and clusters."""
    return regroup(now)


def _background(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """What operators asked for on the console and need not wait for."""
    return background.run_short(services, now)


def _background_long(services: Services, dispatch: Dispatch, now: datetime) -> int:
    """The same of what takes minutes: imports, copies, teaching."""
    return background.run_long(services, now)


def _prune(services: Services, dispatch: Dispatch, now: datetime) -> int:
    return (
        jobs.prune(now, idle=timedelta(hours=1), other=timedelta(days=30))
        + dialogues.forget_expired(now)
        + privacy.forget_emptied(now - timedelta(days=1))
        + collecting.forget(now)
        + background.forget(now)
    )


JOBS: tuple[Job, ...] = (
    Job("identities", 1, _identities),
    Job("fold", 1, _fold),
    Job("segments", 2, _segments),
    Job("journeys", 1, _journeys),
    Job("campaigns", 1, _campaigns),
    Job("webhooks", 2, _webhooks),
    Job("stale", 300, _stale),
    Job("opportunities", 2, channelling.opportunities),
    Job("closing_windows", 600, channelling.closing_windows),
    Job("quotas", 3600, channelling.quotas),
    Job("reminders", 10, _reminders),
    Job("effects", 60, _effects),
    Job("days", 3600, _days),
    Job("day_parts", 300, figuring.day_parts),
    Job("kept_figures", 60, figuring.kept),
    Job("report_mails", 60, figuring.mails),
    Job("experiments", 60, _experiments),
    Job("sweep", 5, _sweep),
    Job("coupons", 300, _coupons),
    Job("wallets", 5, _wallets),
    Job("watchdog", 60, _watchdog),
    Job("repair", 2, _repair),
    Job("chats", 5, _chats),
    Job("agents", 60, _agents),
    Job("token", 60, _token),
    Job("stages", 600, _stages),
    Job("trials", 30, _trials),
    Job("suggest", 3600, _suggest),
    Job("retain", 3600, _retain),
    Job("followers", 600, collecting.followers),
    Job("tags", 600, collecting.tags),
    Job("figures", 600, collecting.figures),
    Job("groups", 1800, _groups),
    Job("models", 3600, _models),
    Job("background", 1, _background),
    Job("background_long", 2, _background_long),
    Job("prune", 3600, _prune),
)
