"""Every error of ours, by what the catcher can do about it.

HongyanError
├── SettingsError           a setting is missing or wrong           refuse to start, name it
├── NotFound                no such account, campaign, batch ...     404, or exit 1
├── InvalidInput            a document or argument breaks a rule     422, or exit 1; has `field`
├── Conflict                the state moved on, or never allowed it  409, or exit 1
├── CallbackRejected        a callback that is not the platform's    its `status`, one log line
├── StoreUnavailable        locked, full or unreachable database    refuse, so that others retry
├── SealBroken              a stored secret that no key opens        alarm: wrong SECRET_KEYS
└── GatewayError            WeChat said no, or said nothing          has `errcode`, `errmsg`
    ├── Transient           busy, too frequent; certainly not done   retry with back-off
    ├── OutcomeUnknown      accepted or not, nobody knows            resolve by duplicate id only
    ├── QuotaExhausted      today's or this month's calls are gone   wait for the reset
    ├── UserUnreachable     not a follower any more, or refuses      suppress this follower
    ├── MessageRefused      this message cannot go to this follower  drop this one message
    ├── TokenRejected       access token stale                       refresh once, then alarm
    ├── RequestRejected     our template, rights, secret, parameter  pause and page a human
    └── GatewayDown         circuit open or no connection; not done  retry later
"""

from __future__ import annotations


class HongyanError(Exception):
    """Base of all errors raised on purpose."""


class SettingsError(HongyanError):
    """A setting is missing or malformed; the message names it and the remedy, never its value."""


class NotFound(HongyanError):
    """What was asked for does not exist."""


class InvalidInput(HongyanError):
    """Input from outside breaks a documented rule. `field` says where, "" if everywhere."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Conflict(HongyanError):
    """The wanted change is not allowed in the present state."""


class CallbackRejected(HongyanError):
    """A callback that must not be stored. `status` is the HTTP answer, `reason` a counted word."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class StoreUnavailable(HongyanError):
    """The database is locked, full or away: nothing was stored, trying later may work."""


class SealBroken(HongyanError):
    """A sealed value that none of the present keys opens, or that stands in the wrong place."""


class GatewayError(HongyanError):
    """WeChat said no, or said nothing. `errcode` None: it never answered in its own words.

    appid  whose call it was, where the one who raised it knew
    """

    appid = ""

    def __init__(self, errcode: int | None, errmsg: str) -> None:
        super().__init__(f"{errcode}: {errmsg}" if errcode is not None else errmsg)
        self.errcode = errcode
        self.errmsg = errmsg


class Transient(GatewayError):
    """Refused for now; the platform did nothing."""


class OutcomeUnknown(GatewayError):
    """Sent, but no answer that can be read: it may have been done."""


class QuotaExhausted(GatewayError):
    """This API's calls are used up until the platform's day or month ends."""


class UserUnreachable(GatewayError):
    """This follower cannot be reached: left, closed, refused, blacklisted."""


class MessageRefused(GatewayError):
    """This message cannot go to this follower now: window closed, allowance or right used up."""


class TokenRejected(GatewayError):
    """The access token is not the platform's present one."""


class RequestRejected(GatewayError):
    """Ours to mend: parameter, template, rights, secret, ban. Repeating it makes things worse."""


class GatewayDown(GatewayError):
    """No connection, or the circuit breaker is open: certainly not done."""
