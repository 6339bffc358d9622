"""Which rule a good call met, with the numbers of that moment: what is left, and until when.

Asked by the gateway while the world is still locked, for who reads the traffic later. Chinese
first, English beside it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from bot.clock import SHANGHAI
from bot.sandbox.api.blacklist import AT_ONCE
from bot.sandbox.api.datacube import DAY, READY_HOUR
from bot.sandbox.api.mass import A_DAY, TO_ALL, TO_ALL_A_MONTH
from bot.sandbox.api.mass_jobs import A_MONTH_EACH, MassJobs
from bot.sandbox.api.messages import TYPING_FOR
from bot.sandbox.api.oauth import CODE_LIFE
from bot.sandbox.api.people import PAGE, TAGGED_AT_ONCE, TAGS, TAGS_EACH
from bot.sandbox.api.subscriptions import Rights
from bot.sandbox.api.templates import SAME_CLIENT_ID
from bot.sandbox.clock import day_of, month_of
from bot.sandbox.gateway import UNLIMITED, Call, Fields, Raw, limit_of
from bot.sandbox.limits_table import counter
from bot.sandbox.qrcodes import PERMANENT
from bot.sandbox.tokens import FORCED_A_DAY, OVERLAP
from bot.sandbox.windows import GRANTS, Window
from bot.sandbox.world import MEDIA_LIFE, World

Told = tuple[str, str]


def _fields(value: object) -> Fields:
    return value if isinstance(value, dict) else {}


@dataclass
class Seen:
    """What the platform itself does not count: a day's calls of paths without a limit."""

    day: str = ""
    calls: Counter[str] = field(default_factory=Counter)
    repeats: int = 0  # template_repeat records so far


@dataclass(frozen=True)
class Done:
    """A call that was just done. `answer`: {} where it was no JSON."""

    world: World
    call: Call
    answer: Fields
    now: datetime

    @cached_property
    def body(self) -> Fields:
        """{} for what is no JSON: a form, a GET."""
        try:
            return _fields(json.loads(self.call.raw))
        except (ValueError, RecursionError):
            return {}

    def used(self, path: str) -> int:
        return self.world.used[(counter(path), day_of(self.now))]


def told(world: World, call: Call, answer: Fields | Raw) -> Told:
    """The rule of this path in (Chinese, English), then its count of today."""
    done = Done(world, call, {} if isinstance(answer, Raw) else answer, world.clock())
    zh, en = _RULES.get(call.path, _by_family)(done)
    count = _count(done)
    return f"{zh or '成功。'}{count[0]}", f"{en or 'Done.'} {count[1]}"


def _count(done: Done) -> Told:
    world, path = done.world, done.call.path
    limit, seen, today = limit_of(world, path), world.room(Seen), day_of(done.now)
    if seen.day != today:
        seen.day, seen.calls = today, Counter()
    seen.calls[path] += 1
    if limit >= UNLIMITED:
        count = seen.calls[path]
        return (
            f"今天第 {count:,} 次，每日次数没有上限。",
            f"Call {count:,} of today, no daily limit.",
        )
    count = done.used(path)
    return f"今天已用 {count:,}/{limit:,} 次。", f"{count:,} of {limit:,} calls of today."


def _at(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S")


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)


# --- messages ------------------------------------------------------------------------------------


def _custom(done: Done) -> Told:
    person = done.world.people.get(str(done.body.get("touser")))
    window = person.window if person else Window()
    if person is None or window.until is None:
        return "", ""
    zh, en = _opened(window.until, person.last_act_at, done.now)
    left, until = window.left, _at(window.until)
    return (
        f"在{zh}内发出，还可发 {left} 条，到 {until} 为止。",
        f"Sent in {en}: {left} left until {until}.",
    )


def _opened(until: datetime, acted: datetime | None, now: datetime) -> Told:
    """By which act the window was opened, judged by its end."""
    message, short = GRANTS["message"][1], GRANTS["click"][1]
    if acted is not None and until == acted + short:
        return "粉丝点菜单、扫码或关注后 1 分钟的窗口", "the minute after a click, scan or follow"
    if until - now > short or (acted is not None and until == acted + message):
        return "粉丝发消息后 48 小时的窗口", "the 48 hours after the follower's message"
    return "粉丝先前打开的窗口", "a window opened before"


def _typing(done: Done) -> Told:
    if done.body.get("command") == "CancelTyping":
        return "取消了“对方正在输入”。", "Typing is no longer shown."
    seconds = int(TYPING_FOR.total_seconds())
    return (
        f"“对方正在输入”显示 {seconds} 秒，或到下一条消息为止；"
        "只在粉丝操作后 30 秒内可用，不占客服消息条数。",
        f"Typing is shown {seconds} s or until a message goes; it costs no message.",
    )


def _template(done: Done) -> Told:
    room, repeats = done.world.room(Seen), done.world.ledger.counts().get("template_repeat", 0)
    repeated, room.repeats = repeats > room.repeats, repeats
    minutes, msgid = _minutes(SAME_CLIENT_ID), done.answer.get("msgid")
    if repeated:
        return (
            f"同一个 client_msg_id 在 {minutes} 分钟内重复：返回原来的 msgid {msgid}，不再下发。",
            f"client_msg_id repeated within {minutes} minutes: the old msgid, nothing is sent.",
        )
    keeps = (
        "没有 client_msg_id，重复调用会重复下发；",
        "No client_msg_id: a repeat is sent again.",
    )
    if client_id := done.body.get("client_msg_id"):
        until = _at(done.now + SAME_CLIENT_ID)
        keeps = (
            f"client_msg_id {client_id} 记住 {minutes} 分钟（到 {until}），重复不会再发；",
            f"client_msg_id is remembered {minutes} minutes, until {until}.",
        )
    return (
        f"已受理，{keeps[0]}是否送达由随后的 TEMPLATESENDJOBFINISH 事件告知（MsgID {msgid}）。",
        f"Accepted. {keeps[1]} TEMPLATESENDJOBFINISH tells what became of it.",
    )


def _mass(done: Done) -> Told:
    world = done.world
    job = world.room(MassJobs).jobs.get(int(done.answer.get("msg_id", 0)))
    if job is None:
        return "", ""
    hours = world.config.switches.client_id_hours
    zh = [f"群发任务 {job.msg_id} 已受理，收件人 {job.filtered:,}/{job.total:,} 人，"]
    en = [f"Job accepted for {job.filtered:,} of {job.total:,} people;"]
    if world.config.kind == "subscription":
        zh.append("订阅号每天 1 次；")
        en.append("a subscription account may once a day;")
    else:
        zh.append(f"每人每月最多 {A_MONTH_EACH} 条；")
        en.append(f"{A_MONTH_EACH} a month each;")
    if _fields(done.body.get("filter")).get("is_to_all") is True:
        month = world.used[(TO_ALL, month_of(done.now))]
        zh.append(f"发给全部粉丝每天 1 次、每月 {TO_ALL_A_MONTH} 次，本月已 {month} 次；")
        en.append(f"to all once a day, {month} of {TO_ALL_A_MONTH} of this month;")
    if job.client_id:
        until = _at(done.now + timedelta(hours=hours))
        zh.append(f"clientmsgid 记住 {hours:g} 小时（到 {until}），重复会被拒绝；")
        en.append(f"clientmsgid is remembered {hours:g} h;")
    if job.waits:
        zh.append("要等管理员在 30 分钟内确认；")
        en.append("it waits for the administrator, 30 minutes at most;")
    zh.append("结果由 MASSSENDJOBFINISH 事件告知。")
    en.append("MASSSENDJOBFINISH tells the result.")
    return "".join(zh), " ".join(en)


def _preview(_done: Done) -> Told:
    zh = f"预览只给这一位粉丝，不占每人每月 {A_MONTH_EACH} 条；一天最多 {A_DAY} 次。"
    return zh, "A preview for one follower; it counts for no month."


def _notice(side: str) -> Callable[[Done], Told]:
    def rule(done: Done) -> Told:
        right = (str(done.body.get("touser")), str(done.body.get("template_id")), side)
        room = done.world.room(Rights)
        if right in room.for_good:
            return (
                "粉丝对这个模板是长期订阅，次数不减；结果由 subscribe_msg_sent_event 事件告知。",
                "A long-term right: nothing is used up. subscribe_msg_sent_event follows.",
            )
        left = room.left.get(right, 0)
        return (
            f"用掉粉丝的一次订阅授权，还剩 {left} 次；结果由 subscribe_msg_sent_event 事件告知。",
            f"One right used, {left} left. subscribe_msg_sent_event follows.",
        )

    return rule


def _once(done: Done) -> Told:
    scene = done.body.get("scene")
    return (
        f"粉丝在场景 {scene} 的一次性订阅已用掉：再发要先请粉丝重新确认。",
        f"The one-time subscription of scene {scene} is used up.",
    )


# --- tokens and logging in -----------------------------------------------------------------------


def _token(done: Done) -> Told:
    old, seconds = _at(done.now + OVERLAP), int(OVERLAP.total_seconds())
    return (
        f"换了新的 access_token，有效 {done.answer['expires_in']} 秒；"
        f"旧的还能用 {seconds} 秒（到 {old}），请由一个中控进程统一获取。",
        f"A new token; the old one lives {seconds} s longer, until {old}.",
    )


def _stable(done: Done) -> Told:
    left = int(done.answer["expires_in"])
    if done.body.get("force_refresh") is True:
        return (
            f"强制刷新：旧的稳定版 token 立即失效，新的有效 {left} 秒；"
            f"强制刷新每天 {FORCED_A_DAY} 次，间隔至少 30 秒。",
            f"Forced: the old stable token is dead at once. {FORCED_A_DAY} a day, 30 s apart.",
        )
    renewed = _at(done.now + timedelta(seconds=left) - OVERLAP)
    return (
        f"稳定版 token 在到期前 5 分钟之前一直是同一个：还有效 {left} 秒，{renewed} 起才换新的。",
        f"The same token until 5 minutes before its end: {left} s left, renewed from {renewed}.",
    )


def _web_code(done: Done) -> Told:
    minutes, left = _minutes(CODE_LIFE), done.answer.get("expires_in")
    return (
        f"code 只能用一次、{minutes} 分钟内有效，现在已用掉；"
        f"网页授权的 access_token 有效 {left} 秒，与基础接口的 token 不同。",
        f"The code works once, for {minutes} minutes: it is used now. No API token.",
    )


def _app_code(_done: Done) -> Told:
    minutes = _minutes(CODE_LIFE)
    return (
        f"小程序的 code 只能用一次、{minutes} 分钟内有效，现在已用掉。",
        f"The mini-program's code works once, for {minutes} minutes: it is used now.",
    )


# --- people, material, menus ---------------------------------------------------------------------


def _user_get(done: Done) -> Told:
    count, total = int(done.answer.get("count", 0)), int(done.answer.get("total", 0))
    more = count >= PAGE
    return (
        f"一页最多 {PAGE:,} 个 openid：这一页 {count:,} 个，共 {total:,} 个，"
        + ("用 next_openid 取下一页。" if more else "已到最后一页。"),
        f"{PAGE:,} a page: {count:,} here of {total:,}"
        + (", go on with next_openid." if more else ", the last page."),
    )


def _upload(done: Done) -> Told:
    until, days = _at(done.now + MEDIA_LIFE), MEDIA_LIFE.days
    return (
        f"临时素材保存 {days} 天，到 {until} 失效。",
        f"Temporary material lives {days} days, until {until}.",
    )


def _qrcode(done: Done) -> Told:
    seconds = done.answer.get("expire_seconds")
    if seconds is None:
        return (
            f"永久二维码，不会过期；最多 {PERMANENT:,} 个。",
            f"A permanent code; {PERMANENT:,} at most.",
        )
    until = _at(done.now + timedelta(seconds=int(seconds)))
    return f"临时二维码，{seconds} 秒后（{until}）过期。", f"A temporary code, until {until}."


def _menu(_done: Done) -> Told:
    return (
        "菜单已更新：粉丝的手机最多 5 分钟后看到，重新关注可马上看到；这里的手机页马上更新。",
        "Phones refresh the menu within 5 minutes; the phone page here at once.",
    )


def _quota(done: Done) -> Told:
    month = done.world.used[("clear_quota", month_of(done.now))]
    return (
        f"今天的调用次数已清零；清零每月 10 次，本月已用 {month} 次。",
        f"The counts of today are cleared: {month} of 10 this month.",
    )


def _tags(_done: Done) -> Told:
    return (
        f"标签最多 {TAGS} 个，每位粉丝最多 {TAGS_EACH} 个，一次最多给 {TAGGED_AT_ONCE} 人打标签。",
        f"{TAGS} tags, {TAGS_EACH} a follower, {TAGGED_AT_ONCE} people a call.",
    )


def _blacklist(_done: Done) -> Told:
    return (
        f"黑名单一次最多 {AT_ONCE} 人：名单里的粉丝收不到消息，说的话也不推送。",
        f"The blacklist takes {AT_ONCE} people a call: they get nothing and are not heard.",
    )


def _statistics(done: Done) -> Told:
    ready = (done.now.astimezone(SHANGHAI) - timedelta(hours=READY_HOUR)).date() - DAY
    return (
        f"每天的数据次日 {READY_HOUR:02}:00 起可查：现在可查到 {ready}。",
        f"A day's numbers are ready from {READY_HOUR:02}:00 of the next: now up to {ready}.",
    )


def _agents(_done: Done) -> Told:
    return (
        "多客服：账号写成“前缀@公众号微信号”，要绑定微信并在线才能接入；"
        "一位粉丝同时只由一位客服接待。",
        "Agents: prefix@account, bound to a WeChat user and online; one agent a follower.",
    )


def _wecom(_done: Done) -> Told:
    return "企业微信接受了这次调用。", "WeCom took the call."


_RULES: dict[str, Callable[[Done], Told]] = {
    "/cgi-bin/message/custom/send": _custom,
    "/cgi-bin/message/custom/typing": _typing,
    "/cgi-bin/message/template/send": _template,
    "/cgi-bin/message/template/subscribe": _once,
    "/cgi-bin/message/subscribe/bizsend": _notice("biz"),
    "/cgi-bin/message/subscribe/send": _notice("mini"),
    "/cgi-bin/message/mass/send": _mass,
    "/cgi-bin/message/mass/sendall": _mass,
    "/cgi-bin/message/mass/preview": _preview,
    "/cgi-bin/token": _token,
    "/cgi-bin/stable_token": _stable,
    "/sns/oauth2/access_token": _web_code,
    "/sns/jscode2session": _app_code,
    "/wxa/business/getuserphonenumber": _app_code,
    "/cgi-bin/user/get": _user_get,
    "/cgi-bin/media/upload": _upload,
    "/cgi-bin/qrcode/create": _qrcode,
    "/cgi-bin/menu/create": _menu,
    "/cgi-bin/menu/delete": _menu,
    "/cgi-bin/menu/addconditional": _menu,
    "/cgi-bin/menu/delconditional": _menu,
    "/cgi-bin/clear_quota": _quota,
    "/cgi-bin/clear_quota/v2": _quota,
    "/cgi-bin/openapi/quota/clear": _quota,
    "/cgi-bin/gettoken": _wecom,
}
_FAMILIES = (
    ("/cgi-bin/tags/members/batchbl", _blacklist),
    ("/cgi-bin/tags/members/batchunbl", _blacklist),
    ("/cgi-bin/tags/members/getbl", _blacklist),
    ("/cgi-bin/tags/", _tags),
    ("/datacube/", _statistics),
    ("/customservice/", _agents),
    ("/cgi-bin/customservice/", _agents),
    ("/cgi-bin/externalcontact/", _wecom),
)


def _by_family(done: Done) -> Told:
    path = done.call.path
    return next((rule(done) for begin, rule in _FAMILIES if path.startswith(begin)), ("", ""))
