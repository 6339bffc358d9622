"""The platform's API, in marketing's words. One object for each account and process.

Single and many sends, quotas and duplicate ids are ours from end to end; what only manages things
(menus, tags, QR codes, material) takes wechatpy's groups over the same exchange, loaded when used.
Platform rules stand at the methods they bind. All methods raise GatewayError, see bot.errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from bot.clock import Clock
from bot.errors import GatewayError, InvalidInput, OutcomeUnknown
from bot.values.replies import Reply
from bot.wechat.breaker import Breaker
from bot.wechat.calls import CUSTOM, TEMPLATE, Answer, Call, template_body
from bot.wechat.exchange import Exchange, Tokens, fetch_stable_token, refusal
from bot.wechat.fanout import Fanouts
from bot.wechat.outbound import custom_body
from bot.wechat.sending import Sender
from bot.wechat.token import TokenProvider, TokenStore
from bot.wechat.transport import PooledTransport, Transport

if TYPE_CHECKING:
    from bot.wechat.library import LibraryClient

ALREADY_ACCEPTED = 45065
BATCH_OF_OPENIDS = 100
BATCH_OF_TAGGED = 50
BATCH_OF_LINES = 10_000
BATCH_OF_MATERIAL = 20
PICTURES_LOOKED = 400
NO_SUCH_MEDIA = 40007
HEARD_BY_AGENT = 2003  # opercode; 2002: said by the agent
_TICKET_MARGIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Followers:
    """One page of openids; `next_openid` "" on the last."""

    total: int
    openids: tuple[str, ...] = field(repr=False)
    next_openid: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AgentLine:
    """One line between a follower and a human agent. Personal data."""

    openid: str = field(repr=False)
    text: str = field(repr=False)
    at: datetime
    agent: str
    by_follower: bool


@dataclass(frozen=True, slots=True)
class WebUser:
    """Who authorised a web page. A snapshot user is nobody: no profile may be made of it."""

    openid: str = field(repr=False)
    unionid: str = field(repr=False)
    scope: str
    snapshot: bool


def connect(
    appid: str, appsecret: str, base_url: str, store: TokenStore, clock: Clock
) -> WeChatClient:
    """A client with its token provider on the shared store: what a composition root wants."""
    transport = PooledTransport()
    fetch = partial(fetch_stable_token, transport, base_url, appid, appsecret)
    tokens = TokenProvider(appid, fetch, store, clock)
    return WeChatClient(appid, appsecret, base_url, tokens, clock, transport=transport)


class WeChatClient:
    """Safe for threads."""

    def __init__(
        self,
        appid: str,
        appsecret: str,
        base_url: str,
        tokens: Tokens,
        clock: Clock,
        *,
        transport: Transport | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self.appid = appid
        self._appsecret = appsecret
        self._clock = clock
        self._exchange = Exchange(
            base_url, tokens, transport or PooledTransport(), clock, breaker, appid=appid
        )
        self._fanouts = Fanouts()
        self._ticket = ("", clock())
        self._token_seen = ""

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Any API by its path, e.g. ("POST", "/cgi-bin/shorten/gen", json={...})."""
        return self._exchange.call(method, path, params=params, json=json)

    def warm_token(self, now: datetime) -> bool:
        """See to it that the shared token lives on; whether it is another than before.

        Raises GatewayError where none can be had.
        """
        before, self._token_seen = self._token_seen, self._exchange.tokens.get(now)
        return before != self._token_seen

    def close(self) -> None:
        self._exchange.transport.close()
        self._fanouts.close()

    @cached_property
    def library(self) -> LibraryClient:
        """wechatpy's groups, for what has no method here."""
        from bot.wechat.library import LibraryClient  # 0.4 s: the callback process never needs it

        return LibraryClient(self.appid, self._exchange)

    # --- sending ---------------------------------------------------------------------------

    def send_many(self, calls: Iterable[Call], concurrency: int = 64) -> Iterator[Answer]:
        """Carry out `calls` (see bot.wechat.calls), pulled when there is room, answered as they
        end. Every failure is an Answer; nothing is sent twice but after a refused token."""
        return Sender(self._exchange, concurrency, self._fanouts).run(calls)

    def send_custom(self, openid: str, reply: Reply) -> None:
        """One customer-service message. MessageRefused: window closed or allowance used up.

        Raises InvalidInput for a reply that cannot be said this way (a transfer, nothing).
        """
        body = custom_body(reply, openid)
        if body is None:
            raise InvalidInput(f"{type(reply).__name__} is no customer-service message", "reply")
        self._post(CUSTOM, body)

    def send_template(
        self,
        openid: str,
        template_id: str,
        data: Mapping[str, str],
        url: str = "",
        client_msg_id: str = "",
    ) -> str:
        """One template message; its msgid. With `client_msg_id` a repeat within ten minutes is
        delivered once."""
        answer = self._post(TEMPLATE, template_body(openid, template_id, data, url, client_msg_id))
        return str(answer.get("msgid", ""))

    def typing(self, openid: str, on: bool = True) -> None:
        """Show or hide the sign that an answer is being written."""
        command = "Typing" if on else "CancelTyping"
        self._post("/cgi-bin/message/custom/typing", {"touser": openid, "command": command})

    def agent_log(self, begin: datetime, end: datetime) -> Iterator[AgentLine]:
        """What followers and human agents said to each other, at most 24 hours of it, in order.

        Needs the customer service of the platform: RequestRejected without (65400, 48001).
        """
        seen = 1
        while True:
            answer = self._post(
                "/customservice/msgrecord/getmsglist",
                {"starttime": int(begin.timestamp()), "endtime": int(end.timestamp()),
                 "msgid": seen, "number": BATCH_OF_LINES},
            )  # fmt: skip
            records = list(answer.get("recordlist", ()))
            yield from map(_agent_line, records)
            if len(records) < BATCH_OF_LINES or int(answer.get("msgid", 0)) <= seen:
                return
            seen = int(answer["msgid"])

    # --- mass sends ------------------------------------------------------------------------

    def mass_send_by_tag(
        self, tag_id: int | None, content: Mapping[str, Any], client_id: str
    ) -> str:
        """Send to a tag, or to everybody with None; the msg_id. Accepted is not delivered.

        content    {"msgtype": "mpnews", "mpnews": {"media_id": ...}} or another type
        client_id  at most 64 bytes, remembered for a day: a repeat gives the first one's msg_id
        """
        everybody = {"is_to_all": tag_id is None}
        chosen = everybody if tag_id is None else {**everybody, "tag_id": tag_id}
        return self._mass("/cgi-bin/message/mass/sendall", {"filter": chosen}, content, client_id)

    def mass_send_by_list(
        self, openids: Sequence[str], content: Mapping[str, Any], client_id: str
    ) -> str:
        """Send to 2..10,000 openids; the msg_id."""
        if not 2 <= len(openids) <= 10_000:
            raise InvalidInput(f"2 to 10,000 openids, not {len(openids)}", "openids")
        chosen = {"touser": list(openids)}
        return self._mass("/cgi-bin/message/mass/send", chosen, content, client_id)

    def mass_status(self, msg_id: str) -> str:
        """SEND_SUCCESS, SENDING, SEND_FAIL or DELETE. The job-finish event may never come."""
        answer = self._post("/cgi-bin/message/mass/get", {"msg_id": msg_id})
        return str(answer.get("msg_status", ""))

    def _mass(
        self, path: str, chosen: Mapping[str, Any], content: Mapping[str, Any], client_id: str
    ) -> str:
        body = {**chosen, **content, "clientmsgid": client_id}
        answer = self._exchange.ask("POST", path, json=body)
        error = refusal(answer)
        if error is not None and error.errcode != ALREADY_ACCEPTED:
            self._exchange.report(path, error)
            raise error
        return str(answer.get("msg_id", ""))

    # --- followers and tags ----------------------------------------------------------------

    def user_info(self, openid: str) -> dict[str, Any]:
        """What the platform tells of a follower: no name, no picture, no place since 2021."""
        return dict(self.library.user.get(openid))

    def user_info_batch(self, openids: Sequence[str]) -> list[dict[str, Any]]:
        """The same for at most 100."""
        if not 1 <= len(openids) <= BATCH_OF_OPENIDS:
            raise InvalidInput(f"1 to {BATCH_OF_OPENIDS} openids, not {len(openids)}", "openids")
        return list(self.library.user.get_batch(list(openids)))

    def followers(self, next_openid: str = "") -> Followers:
        """A page of at most 10,000 after `next_openid`. The last one has no data at all."""
        page = self.library.user.get_followers(next_openid or None)
        openids = tuple((page.get("data") or {}).get("openid") or ())
        return Followers(page.get("total", 0), openids, page.get("next_openid") or "")

    def iter_followers(self, next_openid: str = "") -> Iterator[Followers]:
        """The pages that hold somebody, one request each (500 a day by default)."""
        while True:
            page = self.followers(next_openid)
            if page.openids:
                yield page
            if not page.openids or page.next_openid in ("", next_openid):
                return
            next_openid = page.next_openid

    def create_tag(self, name: str) -> int:
        """The new tag's id. At most 100 tags an account."""
        answer = self.library.tag.create(name)
        return int(_wanted(answer.get("tag", answer), "id"))

    def tags(self) -> list[dict[str, Any]]:
        """Each with id, name and count."""
        return list(self.library.tag.get())

    def tag_users(self, tag_id: int, openids: Sequence[str]) -> None:
        """Any number, in requests of 50. Repeating is harmless."""
        for start in range(0, len(openids), BATCH_OF_TAGGED):
            self.library.tag.tag_user(tag_id, list(openids[start : start + BATCH_OF_TAGGED]))

    def untag_users(self, tag_id: int, openids: Sequence[str]) -> None:
        for start in range(0, len(openids), BATCH_OF_TAGGED):
            self.library.tag.untag_user(tag_id, list(openids[start : start + BATCH_OF_TAGGED]))

    # --- menu, QR codes, material ----------------------------------------------------------

    def create_menu(self, menu: Mapping[str, Any]) -> None:
        """Replace the menu: {"button": [...]}, at most 3 with 5 below each."""
        self.library.menu.create(dict(menu))

    def get_menu(self) -> dict[str, Any] | None:
        """The menu as set by this API, or None where there is none."""
        answer = self._exchange.ask("GET", "/cgi-bin/menu/get")
        error = refusal(answer)
        if error is not None and error.errcode != 46003:
            raise error
        return None if error else dict(answer.get("menu", {}))

    def delete_menu(self) -> None:
        self.library.menu.delete()

    def create_qrcode(self, scene: str, expire_s: int | None = 30 * 86400) -> dict[str, Any]:
        """ticket and url of a code whose scan names `scene` (1..64 characters).

        expire_s  at most 30 days; None for one of the account's 100,000 permanent ones
        """
        document: dict[str, Any] = {"action_info": {"scene": {"scene_str": scene}}}
        if expire_s is None:
            document["action_name"] = "QR_LIMIT_STR_SCENE"
        else:
            document |= {"action_name": "QR_STR_SCENE", "expire_seconds": expire_s}
        return dict(self.library.qrcode.create(document))

    def upload_media(self, kind: str, filename: str, content: bytes) -> str:
        """The media_id of an image, voice, video or thumb; it lives three days."""
        answer = self.library.media.upload(kind, (filename, content))
        return _wanted(answer, "thumb_media_id" if "thumb_media_id" in answer else "media_id")

    def add_picture(self, filename: str, content: bytes) -> tuple[str, str]:
        """media_id and url of a picture that is kept for good: jpg, png, gif or bmp, 10 MB.

        Asked twice there are two of them: after OutcomeUnknown look for its name first.
        """
        answer = self.library.keep("image", filename, content)
        return _wanted(answer, "media_id"), str(answer.get("url", ""))

    def find_picture(self, filename: str) -> tuple[str, str] | None:
        """media_id and url of the latest kept picture of this name; None among the latest
        PICTURES_LOOKED."""
        for offset in range(0, PICTURES_LOOKED, BATCH_OF_MATERIAL):
            answer = self.library.material.batchget("image", offset, BATCH_OF_MATERIAL)
            items = answer.get("item") or []
            for one in items:
                if one.get("name") == filename:
                    return _wanted(one, "media_id"), str(one.get("url", ""))
            if len(items) < BATCH_OF_MATERIAL:
                return None
        return None

    def delete_material(self, media_id: str) -> None:
        """Gone for good, or gone already. Refused while the menu shows it (48005)."""
        try:
            self.library.material.delete(media_id)
        except GatewayError as error:
            if error.errcode != NO_SUCH_MEDIA:
                raise

    def draft_add(self, articles: Sequence[Mapping[str, Any]]) -> str:
        """The media_id of a new draft of 1..8 articles."""
        return _wanted(self.library.draft.add(list(articles)), "media_id")

    def freepublish_submit(self, media_id: str) -> str:
        """The publish_id. Publishing pushes nothing to followers."""
        return _wanted(self.library.freepublish.submit(media_id), "publish_id")

    def get_private_templates(self) -> list[dict[str, Any]]:
        """The account's templates: template_id, title, content, example ..."""
        answer = self._exchange.call("GET", "/cgi-bin/template/get_all_private_template")
        return list(answer.get("template_list", ()))

    def datacube(self, name: str, begin: date, end: date) -> list[dict[str, Any]]:
        """The statistics `name` (getusersummary ...) from `begin` to `end`, yesterday at the
        latest; spans differ by name."""
        days = {"begin_date": begin.isoformat(), "end_date": end.isoformat()}
        return list(self._post(f"/datacube/{name}", days).get("list", ()))

    # --- quotas and self-checks ------------------------------------------------------------

    def quota_get(self, cgi_path: str) -> dict[str, Any]:
        """daily_limit, used and remain of one API."""
        answer = self._post("/cgi-bin/openapi/quota/get", {"cgi_path": cgi_path})
        return dict(answer.get("quota", {}))

    def clear_quota(self) -> None:
        """Set the day's counts to 0: ten times a month, for a human to decide."""
        self._post("/cgi-bin/clear_quota", {"appid": self.appid})

    def callback_check(self, action: str = "all") -> dict[str, Any]:
        """Whether the platform reaches our callback: its dns and ping findings."""
        body = {"action": action, "check_operator": "DEFAULT"}
        return self._post("/cgi-bin/callback/check", body)

    def callback_ips(self) -> list[str]:
        """The addresses that pushes come from; they change, ask daily."""
        return list(self.library.misc.get_wechat_ips())

    # --- web pages -------------------------------------------------------------------------

    def oauth_user(self, code: str) -> WebUser:
        """Exchange the code of a web authorisation: once, within five minutes."""
        query = {"appid": self.appid, "secret": self._appsecret, "code": code}
        answer = self._exchange.call(
            "GET",
            "/sns/oauth2/access_token",
            params={**query, "grant_type": "authorization_code"},
            with_token=False,
        )
        return WebUser(
            openid=str(answer.get("openid", "")),
            unionid=str(answer.get("unionid", "")),
            scope=str(answer.get("scope", "")),
            snapshot=bool(answer.get("is_snapshotuser")),
        )

    def jsapi_ticket(self) -> str:
        """The ticket that page signatures need; kept, since its daily quota is small."""
        ticket, good_until = self._ticket
        now: datetime = self._clock()
        if now < good_until:
            return ticket
        answer = self._exchange.call("GET", "/cgi-bin/ticket/getticket", params={"type": "jsapi"})
        ticket = _wanted(answer, "ticket")
        lives = timedelta(seconds=int(answer.get("expires_in", 7200)))
        self._ticket = (ticket, now + lives - _TICKET_MARGIN)
        return ticket

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._exchange.call("POST", path, json=body)


def _agent_line(record: Mapping[str, Any]) -> AgentLine:
    return AgentLine(
        openid=str(record.get("openid", "")),
        text=str(record.get("text", "")),
        at=datetime.fromtimestamp(int(record.get("time", 0)), UTC),
        agent=str(record.get("worker", "")),
        by_follower=record.get("opercode") == HEARD_BY_AGENT,
    )


def _wanted(answer: Mapping[str, Any], name: str) -> str:
    """A field that an answer without errcode must have. Raises OutcomeUnknown."""
    if not answer.get(name):
        raise OutcomeUnknown(None, f"the answer holds no {name}")
    return str(answer[name])
