"""What an errcode means and what to do, in words: the table behind `bot.sandbox.explain`.

Two lines a code, or a run of codes: Chinese, then English.
"""

from __future__ import annotations

import re

from bot.sandbox.explain_codes_rare import TABLE as _RARE

_TABLE = """
-1 系统繁忙。稍等再试，间隔逐次加长，最多三次；重试要带去重 ID。
   Busy: back off and retry, three times at most, with a duplicate id.
0 成功。
   Done.
40001 access_token 或密钥无效，或已不是最新的。重新取一次再试；仍然不行就检查 appid 和 appsecret。
   Token (or secret) wrong or replaced: fetch it again once, then check appid and appsecret.
40002 grant_type 写错了：取接口凭据用 client_credential。
   Wrong grant_type: the API token wants client_credential.
40003 openid 不对：不是本公众号的，或此人从未关注。核对 appid，停止给他发。
   Not an openid of this account, or of somebody who never followed. Check the appid.
40004-40006 素材的类型、文件格式或大小不对。
   Wrong media type, file type or file size.
40007 media_id 不存在或已过期（临时素材只留 3 天）。重新上传后再试一次。
   Unknown media_id, or its three days are over: upload again, retry once.
40008 消息类型（msgtype）不在这个接口支持之列。
   This API knows no such msgtype.
40009-40012 图片、语音、视频或缩略图太大。
   Picture, voice, video or thumbnail too large.
40013 appid 不对：核对设置。
   Wrong appid: check the settings.
40014 access_token 不像令牌（为空、截断或另一个公众号的）。重新取。
   Not a token at all: cut off or from elsewhere. Fetch a new one.
40015 菜单类型不对。
   Wrong menu type.
40016 一级菜单要 1 到 3 个按钮。
   A menu wants 1 to 3 buttons.
40017 按钮的 type 不在菜单支持之列。
   No such button type.
40018 按钮名称为空或超过 16 字节（约 4 个汉字以内显示得下）。
   Button name empty or over 16 bytes.
40019 按钮的 key（或素材 ID）为空或超过 128 字节。
   Button key missing or over 128 bytes.
40020 按钮的 url 为空或超过 1024 字节。
   Button url missing or over 1,024 bytes.
40021-40022 菜单版本或菜单级数不对：最多两级。
   Wrong menu version or level: two levels at most.
40023 一个一级菜单下最多 5 个子菜单。
   Five sub-buttons at most.
40024 子菜单按钮的 type 不对。
   No such sub-button type.
40025 子菜单名称为空或超过 60 字节。
   Sub-button name empty or over 60 bytes.
40026 子菜单的 key 为空或超过 128 字节。
   Sub-button key missing or over 128 bytes.
40027 子菜单的 url 为空或超过 1024 字节。
   Sub-button url missing or over 1,024 bytes.
40028 自定义菜单的使用者不对。
   Wrong menu user.
40029 授权 code 无效：不是本平台发的，或属于另一个 appid。请用户重新授权。
   Bad OAuth code: not from here or for another appid. Ask for authorisation again.
40030 refresh_token 无效：请用户重新授权。
   Bad refresh_token: authorise again.
40031-40032 openid 列表不对，或人数超出范围（群发 2 到 10000，打标签 50，拉黑 20）。
   The openid list is none, or too short or long (mass 2 to 10,000, tags 50, blacklist 20).
40033 请求里有 \\uXXXX 转义：JSON 要直接写汉字（Python：ensure_ascii=False）。
   \\uXXXX in the body: send raw UTF-8 (Python: ensure_ascii=False).
40035 参数不对：缺字段或类型不符。对照文档检查请求体。
   A parameter is missing or of the wrong type: compare the body with the docs.
40037 template_id 不对：不存在、已删除，或属于另一个公众号。
   Unknown template_id: removed, or another account's.
40038-40039 请求格式或 URL 长度不对。
   Wrong request format, or URL too long.
40048 URL 或域名不合法。
   Bad URL or domain.
40050-40051 分组 ID 或名称不对。
   Bad group id or name.
40053 二维码的 action_info 不对：场景值缺失、太长或类型不符。
   Bad action_info: the scene is missing, too long or of the wrong type.
40054-40055 菜单按钮的链接域名不对。
   Bad domain in a button's url.
40060 article_idx 不对：文章序号超出范围。
   No article at this article_idx.
40066 没有这个接口或链接：检查路径的拼写。
   No such API or link: check the path.
40071-40073 卡券的类型、code 类型或 card_id 不对。
   Wrong card type, code type or card_id.
40078-40080 卡券当前状态或有效时间不允许，或 card_ext 不对。
   The card's state or time forbids it, or a bad card_ext.
40097 参数不合法：取值超出允许范围。
   Argument out of range.
40099 卡券码已被核销：若是自己的重试，可当作成功。
   Card code consumed already: a success if it was your own retry.
40100 卡券的时间区间不对。
   Bad card time interval.
40102 行业 ID 不对。
   Bad industry id.
40116 卡券码不对。
   Bad card code.
40117 分组名称不对。
   Bad group name.
40118-40121 media_id 的长度、类型或按钮类型不对。
   Bad media_id size or type, or button type.
40122 库存数不对。
   Bad stock number.
40125 appsecret 不对：核对设置，不要反复重试。
   Wrong appsecret: check the settings, do not hammer.
40127 卡券已被用户删除或转赠。
   The user deleted the card or gave it away.
40132 微信号不对（预览群发时）。
   Bad WeChat id (preview).
40137 不支持的图片格式。
   Unsupported picture format.
40155 不能放其他公众号主页的链接。
   No links to another account's home page.
40163 授权 code 已用过：一个 code 只能换一次。第一次若成功，沿用它的结果。
   OAuth code used already: once only. Reuse the result of the first exchange.
40164 调用者的 IP 不在白名单（errmsg 里写了是哪个）。加进白名单，别反复重试。
   The caller's IP (named in errmsg) is not on the allow-list: add it.
40226 高风险用户，登录被拒。
   High-risk user: login refused.
40227 标题为空。
   Empty title.
40243 AppSecret 已冻结：到后台解冻。
   The AppSecret is frozen: thaw it in the console.
41001 没带 access_token：放在地址的查询串里。
   No access_token in the query.
41002 没带 appid。
   appid missing.
41003 没带 refresh_token。
   refresh_token missing.
41004 没带 appsecret。
   appsecret missing.
41005 没有上传文件：表单字段名应为 media。
   No file: the form field is called media.
41006 没带 media_id。
   media_id missing.
41007 没有子菜单数据。
   Sub-menu missing.
41008 没带授权 code。
   OAuth code missing.
41009 没带 openid。
   openid missing.
41012 没带 card_id。
   card_id missing.
41028-41029 form_id 无效或已用过（旧小程序模板消息，已停用）。
   form_id bad or used: the old mini-program template API is dead.
41030 小程序页面路径不对。
   Bad mini-program page path.
42001 access_token 已过期（有效 2 小时）。重新取一次再试。
   Token expired (two hours): fetch a new one, retry once.
42002 refresh_token 已过期（30 天）：请用户重新授权。
   refresh_token expired (30 days): authorise again.
42003 授权 code 已过期（5 分钟）：请用户重新授权。
   OAuth code expired (five minutes): authorise again.
42007 用户改了密码，网页授权的令牌作废：重新授权。
   The user changed the password: authorise again.
43001 这个接口要用 GET。
   This API wants GET.
43002 这个接口要用 POST。
   This API wants POST.
43003 这个接口要用 HTTPS。
   This API wants HTTPS.
43004 此人已取消关注，不能再发。标记为不可达。
   Not a follower any more: mark as unreachable.
43005 需要好友关系。
   Wants a friend relation.
43009-43012 没有这项卡券权限。
   No right to this card function.
43019 此人在黑名单里：先移出，或不再发。
   On our blacklist: take off, or do not send.
43100 行业或类目这个月改得太频繁。
   Industry or category changed too often this month.
43101 用户拒绝了订阅，或一次性订阅的次数已用完：一次同意只能发一条。
   Refused, or the one-time right is used up: one consent, one message.
43104 这个 appid 不能用这个接口。
   This appid may not use the API.
43106-43107 因违规，不能添加模板或发订阅通知：请运营处理。
   Punished: no new templates or subscription messages. A human must act.
43116 模板已被封禁：停掉用它的活动。
   The template is banned: stop the campaign.
44001 素材文件是空的。
   Empty media file.
44002 请求体是空的。
   Empty POST body.
44003 图文是空的：至少要一篇文章。
   No article in the news.
44004 文字内容是空的。
   Empty text.
45001 素材文件太大。
   Media file too large.
45002 内容太长：文字消息最多 2048 字节，按 UTF-8 字节算，不按字数。
   Too long: 2,048 bytes of UTF-8, not characters.
45003-45006 标题、描述、链接或图片链接太长。
   Title, description, url or picture url too long.
45007 语音太长。
   Voice too long.
45008 图文篇数太多：客服消息只能 1 篇。
   Too many articles: a customer-service message takes one.
45009 这个接口今天的调用额度已用完，北京时间 0 点重置。今天别再调用。
   Daily quota used up: resets at 0:00 Beijing time. Stop for today.
45010 菜单太多。
   Too many menus.
45011 这一分钟调用太频繁：至少等 60 秒。
   Too many calls this minute: wait 60 s.
45015 客服消息窗口已过：粉丝发消息后 48 小时内（点菜单、关注、扫码后 1 分钟）可发。等下次互动。
   Window over: 48 h after a message, 1 min after a click, follow or scan. Wait for the next act.
45016 系统分组不能改。
   A system group cannot be changed.
45017-45018 分组名太长或分组太多。
   Group name too long, or too many groups.
45021 卡券文字太长。
   Card text too long.
45026-45027 模板数已满（25 个），或与行业冲突。
   25 templates already, or in conflict with the industry.
45028 群发次数已用完：服务号每人每月 4 条，公众号每天 1 次。
   No mass send left: 4 a month for each follower, 1 a day for a subscription account.
45030-45033 卡券没有权限、库存不足，或到了每人上限。
   Card: no right, out of stock or over the user's limit.
45047 窗口里的客服消息条数已用完（互动后 5 条，关注、点菜单、扫码后 3 条）。等下次互动。
   The window's messages are used up (5 after a message, 3 otherwise). Wait for the next act.
45056 标签已满 100 个。
   100 tags already.
45057 这个标签下超过 10 万粉丝：先取消标签再删。
   The tag has over 100,000 followers: untag first.
45058 系统标签（0、1、2）不能改。
   Tags 0, 1 and 2 are the system's.
45059 这位粉丝已有 20 个标签。
   The follower has 20 tags already.
45064 没有关联这个小程序：先在后台关联。
   Not linked with this mini-program: link it first.
45065 clientmsgid 已用过（24 小时内）：返回的 msg_id 就是那次的，当作成功。
   clientmsgid known: the msg_id is the former one. Treat as success.
45066 同一 clientmsgid 重试太快：至少等 1 分钟，ID 不变。
   Same clientmsgid within a minute: wait 60 s, keep the id.
45067 clientmsgid 超过 64 字节。
   clientmsgid over 64 bytes.
45072 command 只能是 Typing 或 CancelTyping。
   command wants Typing or CancelTyping.
45080 用户 30 秒内没有互动，不能显示“正在输入”。
   No act within 30 s: typing cannot be shown.
45081 已经在“正在输入”状态。
   Typing already.
45083-45084 群发速度要 0 到 4，不能缺。
   speed wants 0 to 4.
45110 原作者不允许转载，或转载被停。
   Reprint forbidden or stopped.
45157 标签名不合法或已存在。
   Tag name illegal or taken.
45158 标签名超过 30 字节。
   Tag name over 30 bytes.
45159 没有这个标签。
   No such tag.
45166 内容含违规信息：停下来，请人检查。
   Illegal content: stop, a human must look.
46001 没有这份素材。
   No such media.
46002 没有这个版本的菜单。
   No such menu version.
46003 还没有菜单。
   There is no menu.
46004 没有这个用户。
   No such user.
47001 请求体不是合法的 JSON（或 XML）。
   The body is no JSON (or XML).
47003 模板参数不对：errmsg 里写了是哪个字段。检查字段名、类型和长度。
   A template value is wrong; errmsg names the field. Check name, type and length.
48001 这类公众号没有这个接口的权限：看认证状态和账号类型。
   This kind of account has no right to the API: check verification and type.
48002 用户拒收消息。
   The user refuses messages.
48003 还没同意群发协议：到后台同意。
   Mass-send terms not agreed to.
48004 接口已被封禁：停止使用，请人处理。
   API banned: stop using it, a human must act.
48005 素材正被自动回复或菜单使用。
   The material is in use by the menu or an auto-reply.
48006 清零额度的次数用完了（每月 10 次）。
   Ten quota clears a month: used up.
48008 没有发这类消息的权限。
   No right to this type of message.
49003 openid 与 appid 不匹配。
   The openid does not belong to this appid.
50001 用户没有授权这个接口：重新授权。
   Not authorised by the user: authorise again.
50002 公众号因违规受限：停下来，请人处理。
   Account restricted: stop, a human must act.
50005 用户没有关注。
   The user does not follow.
53503-53505 草稿没通过发布检查，或要先在后台完成、保存。
   The draft failed the publish check, or must be finished in the console.
61003-61023 第三方平台的授权有问题，或 IP 不在白名单。
   Third-party authorisation problem, or IP not allowed.
"""
_ENTRY = re.compile(r"^(-?\d+)(?:-(\d+))? (.+)\n   (.+)$", re.MULTILINE)
RUNS = [(int(one), int(to or one), zh, en) for one, to, zh, en in _ENTRY.findall(_TABLE + _RARE)]


def words(errcode: int) -> tuple[str, str] | None:
    """Chinese and English; None for a code that the table does not have."""
    return next(((zh, en) for first, last, zh, en in RUNS if first <= errcode <= last), None)
