"""Why a job failed, in words: of which account, what to do about it, and where it is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import url_for

from bot.console.gate import Asker
from bot.console.rights import Right, may
from bot.console.shell import Words, refusal, worded
from bot.i18n import catalogue
from bot.store import accounts, jobs
from bot.store.jobs import Failure
from bot.wechat.errcodes import ALARMS, advice

REFUSED = ("InvalidInput", "Conflict", "NotFound")  # whose text is a sentence of ours


@dataclass(frozen=True)
class Fault:
    """One failure. `why` says what to do; `code` is for who looks it up; `mend` and `address`: the
    button, "" where the reader can do nothing. account: slug, "" for all."""

    account: str
    why: str
    code: str
    mend: str
    address: str


def job_said(job: str, lang: str) -> str:
    """A job's name in words where it has any."""
    return catalogue(lang).get(f"con.job.{job}", job)


def faults(error: str, who: Asker, say: Words, lang: str) -> Iterator[Fault]:
    """Of one run, by what its row says."""
    ids = {slug: account for account, slug in accounts.slugs().items()}
    for one in jobs.failures(error):
        mend = address = ""
        if one.account in ids and may(who.person.role_on(ids[one.account]), Right.SETTINGS):
            secrets = one.errcode is not None and one.errcode in ALARMS
            mend = say("con.mend.secrets" if secrets else "con.mend.account")
            address = url_for("console.account_page", slug=one.account)
        yield Fault(one.account, _why(one, say, lang), _code(one), mend, address)


def _why(one: Failure, say: Words, lang: str) -> str:
    if one.errcode is not None:
        return advice(one.errcode, lang)
    if one.kind in REFUSED:
        return refusal(one.text)
    return worded(f"con.error.{one.kind}", say("con.error.other"), say)


def _code(one: Failure) -> str:
    return str(one.errcode) if one.errcode is not None else one.kind
