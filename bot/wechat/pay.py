"""WeChat Pay's coupons (代金券, v3): the calls that give them out, and the word of their use.

Every request is signed, every answer verified before it is believed. A request that gives something
carries a number of ours (`out_request_no`): asked again with it, the platform answers with what it
did the first time, so an answer that never came costs one repetition, and no second coupon.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from bot.clock import SHANGHAI, Clock
from bot.errors import GatewayDown, OutcomeUnknown, RequestRejected, Transient
from bot.wechat import pay_keys
from bot.wechat.pay_keys import NotSigned, PayConfig, Signer, check, platform_key, serial_of

FAVOR = "/v3/marketing/favor"
FETCH_EVERY = timedelta(minutes=1)
TIMEOUT_S, CONNECT_S = 10.0, 3.0
MAX_RESPONSE = 1 << 20
NOTHING_LEFT, PERSONS_LIMIT = "NOT_ENOUGH", "RULE_LIMIT"
_BUSY = (429, 500, 502, 503, 504)


class PayRefused(RequestRejected):
    """WeChat Pay said no, in its own signed words. `code` as NOT_ENOUGH, RULE_LIMIT, NO_AUTH."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(None, f"{status} {code}: {message}"[:300])
        self.status, self.code = status, code


@dataclass(frozen=True, slots=True)
class NewStock:
    """A stock to be made: an amount off from a threshold on. Money is fen."""

    number: str  # out_request_no
    name: str  # at most 9 Chinese characters or 20 letters
    comment: str
    amount_fen: int
    threshold_fen: int
    most: int
    most_each: int
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class StockSeen:
    """status: unactivated, running, paused, stoped (sic)."""

    stock_id: str
    status: str
    most: int
    given: int


@dataclass(frozen=True, slots=True)
class CouponSeen:
    """status: SENDED (sic), USED, EXPIRED."""

    coupon_id: str
    stock_id: str
    status: str


@dataclass(frozen=True, slots=True)
class CouponUsed:
    """The callback COUPON.USE: paid with."""

    notice_id: str
    coupon_id: str
    stock_id: str
    transaction_id: str
    at: datetime


class PayClient:
    """One merchant's client of one process; safe for threads.

    Raises GatewayDown (certainly not done), Transient (busy), OutcomeUnknown (ask again with the
    same number), PayRefused.
    """

    def __init__(self, config: PayConfig, appid: str, clock: Clock) -> None:
        import urllib3  # costs 0.1 s to import: only who pays by WeChat does

        self._config, self._appid, self._clock = config, appid, clock
        self._signer = Signer(config)
        self._keys = {config.platform_serial_no: platform_key(config.platform_key)}
        self._fetching = threading.Lock()
        self._fetched_at: datetime | None = None
        self._urllib3 = urllib3
        self._pool = urllib3.PoolManager(num_pools=2, maxsize=4, block=True, retries=False)

    # --- stocks ------------------------------------------------------------------------------

    def create_stock(self, new: NewStock) -> str:
        """Its id; the same for the same number."""
        body = {
            "out_request_no": new.number,
            "stock_name": new.name,
            "comment": new.comment[:60],
            "belong_merchant": self._config.mchid,
            "available_begin_time": _iso(new.begins_at),
            "available_end_time": _iso(new.ends_at),
            "stock_use_rule": {
                "max_coupons": new.most,
                "max_amount": new.most * new.amount_fen,
                "max_coupons_per_user": new.most_each,
                "natural_person_limit": False,
                "prevent_api_abuse": True,
            },
            "coupon_use_rule": {
                "fixed_normal_coupon": {
                    "coupon_amount": new.amount_fen,
                    "transaction_minimum": new.threshold_fen,
                },
                "available_merchants": [self._config.mchid],
            },
            "no_cash": True,
            "stock_type": "NORMAL",
        }
        return str(self._call("POST", f"{FAVOR}/coupon-stocks", body)["stock_id"])

    def move_stock(self, stock_id: str, how: str) -> None:
        """start, pause or restart it."""
        body = {"stock_creator_mchid": self._config.mchid}
        self._call("POST", f"{FAVOR}/stocks/{quote(stock_id)}/{how}", body)

    def stock(self, stock_id: str) -> StockSeen:
        query = urlencode({"stock_creator_mchid": self._config.mchid})
        found = self._call("GET", f"{FAVOR}/stocks/{quote(stock_id)}?{query}")
        rule = found.get("stock_use_rule") or {}
        return StockSeen(
            str(found["stock_id"]),
            str(found["status"]),
            int(rule.get("max_coupons", 0)),
            int(found.get("distributed_coupons", 0)),
        )

    # --- coupons -----------------------------------------------------------------------------

    def give(self, openid: str, stock_id: str, number: str) -> str:
        """A coupon into somebody's wallet; its id. The same number: the same coupon."""
        body = {
            "stock_id": stock_id,
            "out_request_no": number,
            "appid": self._appid,
            "stock_creator_mchid": self._config.mchid,
        }
        target = f"{FAVOR}/users/{quote(openid)}/coupons"
        return str(self._call("POST", target, body)["coupon_id"])

    def coupon(self, openid: str, coupon_id: str) -> CouponSeen:
        query = urlencode({"appid": self._appid})
        target = f"{FAVOR}/users/{quote(openid)}/coupons/{quote(coupon_id)}?{query}"
        found = self._call("GET", target)
        return CouponSeen(str(found["coupon_id"]), str(found["stock_id"]), str(found["status"]))

    # --- callbacks ---------------------------------------------------------------------------

    def call_back(self, url: str) -> None:
        """Where the platform tells of uses: https, without a query."""
        body = {"mchid": self._config.mchid, "notify_url": url, "switch": True}
        self._call("POST", f"{FAVOR}/callbacks", body)

    def used(self, headers: Mapping[str, str], body: bytes) -> CouponUsed | None:
        """What a callback says; None for one about something else. Raises NotSigned."""
        check(self._key(serial_of(headers)), headers, body, self._clock())
        try:
            notice = json.loads(body)
            if notice["event_type"] != "COUPON.USE":
                return None
            told = pay_keys.unsealed_json(notice["resource"], self._config.apiv3_key)
            paid = told["consume_information"]
            return CouponUsed(
                str(notice["id"]),
                str(told["coupon_id"]),
                str(told["stock_id"]),
                str(paid["transaction_id"]),
                datetime.fromisoformat(paid["consume_time"]),
            )
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            if isinstance(error, NotSigned):
                raise
            raise NotSigned("the notice has another form") from None

    # --- the wire ----------------------------------------------------------------------------

    def _call(self, method: str, target: str, body: Any = None) -> dict[str, Any]:
        status, headers, raw = self._send(method, target, body)
        if status in _BUSY:
            raise Transient(None, f"HTTP status {status}")
        try:
            check(self._key(serial_of(headers)), headers, raw, self._clock())
            found = json.loads(raw) if raw else {}
        except (ValueError, RecursionError):  # NotSigned is one
            raise OutcomeUnknown(None, "the answer is not the platform's") from None
        if not isinstance(found, dict):
            raise OutcomeUnknown(None, "the answer is no JSON object")
        if status >= 300:
            raise PayRefused(status, str(found.get("code", "")), str(found.get("message", "")))
        return found

    def _send(self, method: str, target: str, body: Any) -> tuple[int, Mapping[str, str], bytes]:
        errors = self._urllib3.exceptions
        raw = "" if body is None else json.dumps(body, ensure_ascii=False)
        sent = {
            "Authorization": self._signer.authorization(method, target, raw, self._clock()),
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": "hongyan",
        }
        limits = self._urllib3.Timeout(connect=CONNECT_S, total=TIMEOUT_S)
        try:
            answer = self._pool.request(
                method, f"{self._config.api_url}{target}", body=raw.encode() or None, headers=sent,
                timeout=limits, redirect=False, preload_content=False,
            )  # fmt: skip
            content = answer.read(MAX_RESPONSE + 1, decode_content=False)
        except (errors.NewConnectionError, errors.ConnectTimeoutError):
            raise GatewayDown(None, "no connection to WeChat Pay") from None
        except errors.HTTPError as error:
            raise OutcomeUnknown(None, f"no answer: {type(error).__name__}") from None
        answer.release_conn()
        if len(content) > MAX_RESPONSE:
            raise OutcomeUnknown(None, "the answer is too large")
        return answer.status, answer.headers, content

    def _key(self, serial: str) -> RSAPublicKey:
        """Of a serial number; one that is new is asked for, once at a time. Raises NotSigned."""
        if serial not in self._keys:
            with self._fetching:
                if serial not in self._keys and self._may_fetch():
                    self._fetch_keys()
        if serial not in self._keys:
            raise NotSigned("signed with an unknown key")
        return self._keys[serial]

    def _may_fetch(self) -> bool:
        """Once a minute: whoever makes serial numbers up must not make us call."""
        now, before = self._clock(), self._fetched_at
        if before is not None and now - before < FETCH_EVERY:
            return False
        self._fetched_at = now
        return True

    def _fetch_keys(self) -> None:
        """What the platform hands out is sealed under the APIv3 key: nobody else can make it."""
        try:
            status, _, raw = self._send("GET", "/v3/certificates", None)
            rows = json.loads(raw)["data"] if status == 200 else []
            for row in rows:
                sealed = row["encrypt_certificate"]
                pem = pay_keys.unsealed(sealed, self._config.apiv3_key)
                self._keys[str(row["serial_no"])] = platform_key(pem)
        except (GatewayDown, OutcomeUnknown, KeyError, TypeError, ValueError):
            return


def _iso(at: datetime) -> str:
    return at.astimezone(SHANGHAI).isoformat(timespec="seconds")
