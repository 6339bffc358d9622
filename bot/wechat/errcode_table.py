"""What every known errcode means, and what to do: the one table.

Meanings are the platform's, gathered from its documents and from several SDKs; the action, whether
a retry makes sense, and the advice are this project's judgement.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    REFRESH = "refresh"  # read or fetch the token again, retry once
    BACKOFF = "backoff"  # wait and retry, growing pauses, few tries
    NEXT_DAY = "next_day"  # this API is used up until its quota is reset (0:00 in China)
    UNSUB = "unsub"  # this follower cannot be reached on this channel
    DROP = "drop"  # this one message or request is lost; the next may go
    STOP = "stop"  # halt the campaign, call a human
    FIX = "fix"  # our configuration or program is wrong
    OK = "ok"  # counts as done


class Retry(StrEnum):
    NO = "no"
    YES = "yes"
    ONCE = "once"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row. `english` adds to what the action says in general, "" where that is enough."""

    codes: tuple[int, ...]
    meaning: str
    chinese: str
    action: Action
    retry: Retry
    english: str


def _row(
    codes: int | tuple[int, ...] | range,
    meaning: str,
    chinese: str,
    action: Action,
    retry: Retry = Retry.NO,
    english: str = "",
) -> Entry:
    numbers = (codes,) if isinstance(codes, int) else tuple(codes)
    return Entry(numbers, meaning, chinese, action, retry, english)


REFRESH, BACKOFF, NEXT_DAY, UNSUB = Action.REFRESH, Action.BACKOFF, Action.NEXT_DAY, Action.UNSUB
DROP, STOP, FIX, OK = Action.DROP, Action.STOP, Action.FIX, Action.OK
YES, ONCE, LATER = Retry.YES, Retry.ONCE, Retry.LATER
NEVER = Retry.NO

_ALLOW_LIST = (
    "add the address named in errmsg to the IP allow-list on the developer platform; behind NAT the"
    " outgoing address counts"
)
_LOG_IN_AGAIN = "ask the person to authorise again"

# fmt: off
TABLE: tuple[Entry, ...] = (
    _row(-1, "system busy", "微信系统繁忙，稍后重试", BACKOFF, YES, "at most three tries"),
    _row(0, "success", "成功", OK),
    # --- 40xxx: a value is wrong
    _row(40001, "AppSecret wrong when fetching a token, or the token is not the latest",
         "凭证无效：将重新获取一次；仍失败请核对 AppSecret，并检查是否有其他系统在刷新凭证",
         REFRESH, ONCE,
         "twice in a row: check the AppSecret, and whether another system refreshes the token"),
    _row(40002, "bad grant_type", "grant_type 不合法", FIX),
    _row(40003, "bad openid: not this account's, or no longer a follower",
         "OpenID 无效或已取消关注；若大量出现，请核对 AppID", UNSUB,
         english="many at once mean the wrong appid"),
    _row(40004, "bad media type", "媒体类型不合法", FIX),
    _row(40005, "bad file type", "文件类型不合法", FIX),
    _row(40006, "bad file size", "文件大小不合法", FIX),
    _row(40007, "bad media_id (temporary media live 3 days)",
         "素材无效或已过期（临时素材保留 3 天），请重新上传", FIX,
         english="upload the material again, then retry once"),
    _row(40008, "bad message type", "消息类型不合法", FIX),
    _row(range(40009, 40013), "image, voice, video or thumb too large", "素材文件过大", FIX),
    _row(40013, "bad appid", "AppID 不正确：请在设置中填写与 AppSecret 配套的 AppID", STOP,
         english="set the appid that belongs to this AppSecret"),
    _row(40014, "bad access_token string", "凭证格式不对，将重新获取一次", REFRESH, ONCE),
    _row(range(40015, 40029), "menu: type, counts, name, key or url length, version, level or user",
         "自定义菜单内容不合规，请检查类型、数量与长度", FIX),
    _row(40029, "bad OAuth or login code", "授权 code 无效，请重新授权", DROP, NEVER,
         _LOG_IN_AGAIN),
    _row(40030, "bad refresh_token", "refresh_token 无效，请重新授权", DROP, NEVER, _LOG_IN_AGAIN),
    _row((40031, 40032), "bad openid list, or its size",
         "OpenID 列表有误或数量超限（群发 2–10000，标签 50，黑名单 20）", FIX,
         english="batches: mass send 2 to 10,000, tags 50, blacklist 20"),
    _row(40033, "the body contains \\uXXXX characters", "请求正文含 \\uXXXX 转义，应直接发送 UTF-8",
         FIX, english="send raw UTF-8"),
    _row(40035, "bad parameter", "参数不合法", FIX),
    _row(40037, "bad template_id: removed, another account's, or its category changed",
         "模板 ID 无效：模板可能被删除或类目已变更，请更换模板", STOP,
         english="stop this template; look it up on the console"),
    _row((40038, 40039), "bad request format, or url too long", "请求格式错误或链接过长", FIX),
    _row(40048, "bad url or domain", "链接或域名不合法", FIX),
    _row((40050, 40051, 40117), "bad group id or name", "分组 ID 或名称不合法", FIX),
    _row(40053, "bad action_info", "action_info 不合法", FIX),
    _row((40054, 40055), "bad domain in a button's url", "菜单按钮的链接域名不合法", FIX),
    _row(40060, "bad article_idx", "文章序号不合法", FIX),
    _row(40066, "bad url", "链接不合法", FIX),
    _row((40071, 40072), "card: bad type or code type", "卡券类型或码类型不合法", FIX),
    _row(40073, "bad card_id", "卡券 ID 不合法", FIX),
    _row(40078, "card not usable: not reviewed or unavailable",
         "卡券状态不可用（未过审或已失效），请停用该优惠", STOP),
    _row(40079, "card not started or expired", "卡券未生效或已过期，请停用该优惠", STOP),
    _row(40080, "bad card_ext", "card_ext 不合法", FIX),
    _row(40097, "bad argument", "参数错误", FIX),
    _row(40099, "card code already consumed", "卡券已核销：若为我方重试则视为成功", OK,
         english="done, if it was our own retry"),
    _row(40100, "card: bad time interval", "卡券有效期不合法", FIX),
    _row(40102, "bad industry id", "行业编号不合法", FIX),
    _row(40116, "bad code", "code 不合法", DROP),
    _row((40118, 40121), "bad media_id size or type", "media_id 大小或类型不合法", FIX),
    _row((40119, 40120), "bad button or sub-button type", "按钮类型不合法", FIX),
    _row(40122, "bad stock number", "库存数量不合法", FIX),
    _row(40125, "bad AppSecret", "AppSecret 不正确：请在微信开发者平台重置后更新设置", STOP,
         english="reset the AppSecret on the developer platform and set the new one"),
    _row(40127, "card deleted or given away", "卡券已被用户删除或转赠", DROP),
    _row(40132, "bad WeChat id", "微信号不合法", FIX),
    _row(40137, "unsupported image format", "图片格式不支持", FIX),
    _row(40155, "links to another account's home page", "不能链接到其他公众号主页", FIX),
    _row(40163, "code already used", "授权 code 已被使用，请重新授权", DROP,
         english="if the first exchange worked, its result counts; else " + _LOG_IN_AGAIN),
    _row(40164, "the caller's IP is not in the allow-list",
         "服务器 IP 不在白名单：请把错误信息里的 IP 加入微信开发者平台的 IP 白名单", STOP,
         english=_ALLOW_LIST),
    _row(40226, "high-risk user, login refused", "高风险用户，已拒绝登录", DROP),
    _row(40227, "title empty", "标题为空", FIX),
    _row(40243, "AppSecret frozen", "AppSecret 已被冻结：请管理员在微信开发者平台解冻", STOP,
         english="have the administrator unfreeze it on the developer platform"),
    # --- 41xxx: something is missing
    _row(41001, "access_token missing", "缺少 access_token", FIX),
    _row((41002, 41004), "appid or secret missing", "缺少 AppID 或 AppSecret", FIX),
    _row((41003, 41008, 41009), "refresh_token, code or openid missing",
         "缺少 refresh_token、code 或 openid", FIX),
    _row((41005, 41006, 41007), "media, media_id or sub-menu missing", "缺少素材或子菜单", FIX),
    _row(41012, "card_id missing", "缺少 card_id", FIX),
    _row((41028, 41029), "form_id expired or used", "form_id 已失效（旧接口）", DROP),
    _row(41030, "bad page path", "小程序页面路径不正确", FIX),
    # --- 42xxx: something has expired
    _row(42001, "access_token expired", "凭证已过期，将重新获取一次", REFRESH, ONCE),
    _row(42002, "refresh_token expired", "refresh_token 已过期，请重新授权", DROP, NEVER,
         _LOG_IN_AGAIN),
    _row(42003, "OAuth code expired", "授权 code 已过期，请重新授权", DROP, NEVER, _LOG_IN_AGAIN),
    _row(42007, "password changed, OAuth tokens void", "用户修改了密码，授权已失效，请重新授权",
         DROP, NEVER, _LOG_IN_AGAIN),
    # --- 43xxx: a relation or right is wanted
    _row((43001, 43002, 43003), "needs GET, POST or HTTPS", "请求方法或协议不正确", FIX),
    _row(43004, "the receiver does not follow", "对方未关注，无法发送", UNSUB),
    _row(43005, "needs a friend relation", "需要好友关系", DROP),
    _row(range(43009, 43013), "card: a permission is missing", "缺少卡券相关权限", FIX),
    _row(43019, "the user is on our blacklist", "该用户在黑名单中", UNSUB),
    _row(43100, "category changed too often", "类目修改次数已达本月上限，请下月再试", NEXT_DAY,
         LATER, "wait for the next month"),
    _row(43101, "refused, or the one-time right is used up or was never given",
         "用户拒收，或一次性订阅授权已用完", DROP,
         english="clear this template's right for this follower"),
    _row(43104, "this appid may not use it", "该账号无权使用此接口", FIX),
    _row(43106, "not allowed to add templates: punished", "因处罚不能添加模板，请人工处理", STOP),
    _row(43107, "subscribe messages banned", "订阅消息能力已被封禁，请人工处理", STOP),
    _row(43116, "template_id is banned", "模板已被封禁：请立即停止相关活动并人工处理", STOP),
    # --- 44xxx, 45xxx: empty, too long, too many, too often
    _row(range(44001, 44005), "empty media, body, news or text", "内容为空", FIX),
    _row(45001, "media too large", "素材过大", FIX),
    _row(45002, "content too long", "内容过长，请缩短（按字节计）", FIX, english="bytes count"),
    _row(range(45003, 45007), "title, description, url or picture url too long",
         "标题、描述或链接过长", FIX),
    _row((45007, 45008), "voice too long, or too many articles", "语音过长或图文数量超限", FIX),
    _row(45009, "this API's quota is used up", "该接口今日调用次数已用完，次日 0 点恢复", NEXT_DAY,
         LATER, "clearing the quota is for a human to decide"),
    _row(45010, "too many menus", "菜单数量超限", FIX),
    _row(45011, "too frequent", "调用过于频繁，请一分钟后再试", BACKOFF, YES, "wait a minute"),
    _row(45015, "the reply window is over", "已超出客服消息时限，需用户再次互动", DROP,
         english="this channel is closed until the follower acts"),
    _row((45016, 45017, 45018), "system group, group name too long, or too many groups",
         "系统分组、分组名过长或分组过多", FIX),
    _row(45021, "card text too long", "卡券文字过长", FIX),
    _row((45026, 45027), "more than 25 templates, or template against industry",
         "模板超过 25 个或与行业不符", FIX),
    _row(45028, "no mass-send quota left", "群发次数已用完", NEXT_DAY, LATER,
         "wait for the next day or month"),
    _row((45030, 45033), "card: no permission, or the user's limit", "无此卡券权限或已达领取上限",
         DROP),
    _row(45031, "card out of stock", "卡券库存不足，请停用该优惠", STOP),
    _row(45047, "customer-service messages used up", "客服消息条数已达上限，需用户再次互动", DROP,
         english="this channel is closed until the follower acts"),
    _row(45056, "more than 100 tags", "标签超过 100 个", FIX),
    _row(45057, "the tag has more than 100,000 followers", "标签下粉丝超过 10 万，请先取消标签",
         FIX),
    _row(45058, "reserved tag", "系统保留标签不可修改", FIX),
    _row(45059, "the user has 20 tags", "该用户标签已达 20 个，请先移除一个", FIX),
    _row(45064, "no right to this mini-program", "未关联该小程序，请先关联", FIX),
    _row(45065, "clientmsgid exists", "群发已被受理过，采用返回的 msg_id", OK,
         english="the answer carries the msg_id of the first"),
    _row(45066, "same clientmsgid within a minute",
         "同一群发一分钟内重复提交，请稍后用同一编号重试", BACKOFF, YES,
         "wait a minute, keep the id"),
    _row(45067, "clientmsgid too long", "clientmsgid 过长", FIX),
    _row((45072, 45080, 45081), "typing: bad command, no interaction in 30 s, or already typing",
         "输入状态未能下发（无近期互动或正在输入）", DROP),
    _row((45083, 45084), "speed outside 0 to 4, or missing", "群发速度须为 0–4", FIX),
    _row(45110, "the author forbids reprints", "原作者不允许转载，请人工处理", STOP),
    _row((45157, 45158, 45159), "tag name illegal, taken or too long, or bad tag id",
         "标签名不合法、重复或过长，或标签 ID 有误", FIX),
    _row(45166, "illegal content", "内容违规，请人工处理", STOP),
    # --- 46xxx to 50xxx
    _row((46001, 46002, 46003), "no such media, menu version or menu", "素材或菜单不存在", FIX),
    _row(46004, "no such user", "用户不存在", UNSUB),
    _row(47001, "JSON or XML not readable", "请求正文无法解析", FIX),
    _row(47003, "a template value breaks its type's rule",
         "模板参数不符合字段规则，错误信息中有字段名", FIX, english="errmsg names the field"),
    _row(48001, "this account may not call this API", "账号无此接口权限：请检查认证状态与账号类型",
         STOP, english="check verification and the kind of account"),
    _row(48002, "the user refuses messages", "用户已拒收消息", UNSUB),
    _row(48003, "mass-send terms not accepted", "请在后台同意群发协议", STOP),
    _row(48004, "API banned", "接口已被封禁：停止调用并登录后台查看原因", STOP),
    _row(48005, "material used by auto-reply or menu", "素材正被自动回复或菜单使用", FIX),
    _row(48006, "quota clears used up (10 a month)", "清零次数已用完（每月 10 次）", NEXT_DAY,
         LATER, "wait for the next month"),
    _row(48008, "no right to this message type", "无权发送该类型消息", FIX),
    _row(49003, "the openid belongs to another appid", "OpenID 不属于该账号", FIX),
    _row(50001, "the user has not authorised this", "用户未授权，请重新授权", DROP, NEVER,
         _LOG_IN_AGAIN),
    _row(50002, "account restricted after a violation", "账号因违规受限：停止一切发送并人工处理",
         STOP),
    _row(50005, "the user does not follow", "用户未关注", UNSUB),
    _row((53503, 53504, 53505),
         "draft failed its check, or must be finished or saved in the console first",
         "草稿未通过检查，请到后台处理", STOP),
    # --- 61xxx to 65xxx
    _row((61003, 61007, 61023), "third-party authorisation", "第三方平台授权错误", FIX),
    _row(61004, "IP not allowed", "服务器 IP 未被允许：请加入 IP 白名单", STOP,
         english=_ALLOW_LIST),
    _row(61450, "customer-service system error", "客服系统错误，稍后重试", BACKOFF, YES),
    _row(range(61451, 61458), "customer-service parameter or account", "客服账号或参数有误", FIX),
    _row((61500, 61501), "bad date or range", "日期格式或跨度不正确", FIX),
    _row(63002, "bad JS-SDK signature", "JS-SDK 签名错误", FIX),
    _row((*range(65301, 65311), 65312, 65313, 65314, 65316, 65317), "conditional menu",
         "个性化菜单内容或条件不合规", FIX),
    _row(range(65400, 65417), "customer service not enabled, or its account",
         "客服功能未开通或账号有误", FIX),
    # --- content, comments, addresses
    _row(87009, "bad signature, or no such comment reply", "签名错误或评论回复不存在", FIX),
    _row(87014, "risky content", "内容含风险信息，请人工处理", STOP),
    _row((88000, 88001, 88002), "no comment right, or no such article", "无留言权限或文章不存在",
         DROP),
    _row((88003, 88004, 88005, 88007, 88008, 88010),
         "comment: limit, deleted, replied, length, missing or count", "留言操作不符合限制", FIX),
    _row(89503, "this IP waits for the administrator's confirmation",
         "该 IP 首次调用：请管理员在微信中确认，确认前不要反复调用", STOP, LATER,
         "have the administrator confirm it in WeChat; do not hammer meanwhile"),
    _row((89506, 89507), "the administrator refused this IP (24 h or 1 h)",
         "管理员拒绝了该 IP，请稍后再申请", STOP, LATER,
         "ask the administrator; the block ends by itself"),
    _row((200012, 200014, 200020, 200021),
         "private templates: limit, bad tid, kidList or sceneDesc", "订阅模板数量或参数不合规",
         FIX),
    _row((10700, 62751), "not a follower, or blacklisted", "不是粉丝或已被拉黑", UNSUB),
    _row((10703, 10706), "receiving closed, or 48 h over", "对方关闭接收或已超 48 小时", DROP),
    _row(range(9001001, 9001037), "shake-around", "摇一摇周边接口错误（已停用）", FIX),
)

# WeCom answers some numbers with another meaning.
WECOM: tuple[Entry, ...] = (
    _row((40013, 40014, 42001), "bad corpid, or stale token", "企业凭证无效，将重新获取一次",
         REFRESH, ONCE),
    _row(45033, "too many calls at once", "并发过高，稍后重试", BACKOFF, YES),
    _row(60020, "IP not trusted", "服务器 IP 不在企业可信 IP 中", FIX),
    _row((84061, 40096), "no contact relation, or bad external_userid", "不是外部联系人", DROP),
    _row((41050, 41051), "already sent, or welcome code used or expired",
         "已发送过或欢迎语 code 已失效", DROP),
)
# fmt: on
