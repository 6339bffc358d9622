"""The errcodes of the rarer parts: conditional menus, agents, comments, notices, tools.

The second half of the table in `bot.sandbox.explain_codes`, in the same form.
"""

TABLE = """
20001 系统错误，或没有这个模板。
   System error, or no such template.
20002 参数不对：缺字段或取值超出范围。
   A parameter is missing or out of range.
40114 序号超出范围：没有第几篇、第几条。
   No item at this index.
40165 小程序页面路径（pagepath）不对。
   Bad mini-program pagepath.
40246 关键词列表不对：要从模板库给出的关键词里选。
   Bad keyword list: choose from those of the library.
45029 二维码数量到了上限（永久码最多 10 万个）。
   No more QR codes: 100,000 permanent ones at most.
47009 这个接口已下线：改用新接口。
   The API is offline: use the new one.
53600 article_id 不对：没有发布过，或已删除。
   No such published article, or deleted.
61450 客服系统出错：稍后再试。
   Customer-service system error: retry later.
61451 客服参数不对：检查请求体。
   Bad customer-service parameter.
61452 没有这个客服账号。
   No such agent account.
61453 客服账号已存在。
   The agent account exists already.
61454 客服账号名太长（前缀最多 10 个字符）。
   Agent account name too long.
61455 客服账号名只能用字母、数字和下划线。
   Illegal character in the agent account.
61456 客服账号数量到了上限（100 个）。
   100 agent accounts already.
61457 头像文件类型不对：要 jpg。
   Wrong picture type: wants jpg.
61500 日期格式不对：要 2026-11-21 这样的写法。
   Bad date format: wants 2026-11-21.
61501 日期区间不对：结束早于开始、跨度太大，或包含了今天。
   Bad date range: reversed, too long, or not before today.
63002 JS-SDK 签名不对：核对 url（不含 #）、noncestr、timestamp。
   Bad JS-SDK signature: check url (without #), noncestr, timestamp.
65301 没有这个个性化菜单（menuid）。
   No such conditional menu.
65302 没有对应的用户。
   No such user.
65303 先建默认菜单，再建个性化菜单。
   Make the default menu first.
65304 匹配规则（matchrule）为空：至少给一个条件。
   Empty matchrule: give a condition.
65305 个性化菜单的数量到了上限。
   Too many conditional menus.
65306 这类公众号不支持个性化菜单。
   This account has no conditional menus.
65307 个性化菜单是空的。
   The conditional menu is empty.
65308 有按钮没有动作：要么有 type，要么有 sub_button。
   A button does nothing: give it a type or sub-buttons.
65309 个性化菜单功能已关闭。
   Conditional menus are switched off.
65310-65315 按地区匹配的信息不对（国家、省、市要依次给出，且要存在）。
   Bad region: country, province and city in this order, and existing.
65316 菜单里公众号以外的域名最多 3 个。
   Three outside domains at most.
65317 菜单里有不合法的链接。
   A bad url in the menu.
65318 个性化菜单不对。
   Bad conditional menu.
65400 新版客服功能没开通，或刚开通还没生效。
   The new customer service is not enabled yet.
65401 没有这个客服账号。
   No such agent account.
65402 这个客服账号还没绑定微信号：先邀请绑定。
   The agent account has no WeChat id bound: invite one.
65403 昵称不合法。
   Illegal nickname.
65404 客服账号不合法：要“前缀@公众号微信号”的写法。
   Illegal agent account: wants prefix@account.
65405 客服账号数量到了上限（100 个）。
   100 agent accounts already.
65406 客服账号已存在。
   The agent account exists already.
65407 这个微信号已经是客服了。
   This WeChat id is an agent already.
65408 已经邀请过这个微信号：等对方确认。
   Invited already: wait for the answer.
65409 没有这个微信号。
   No such WeChat id.
65410 这个微信号绑定的客服账号太多。
   The WeChat id has too many agent accounts.
65411 这个客服账号有一个还有效的邀请。
   An invitation of this account is still open.
65412 客服账号已绑定微信号，不能再邀请。
   The agent account is bound already.
65413 这位粉丝没有有效的会话：先创建会话。
   The follower has no session: create one.
65414 另一位客服正在接待这位粉丝。
   Another agent serves the follower.
65415 这位客服不在线。
   The agent is not online.
65416 客服接口的参数不对。
   Bad parameter.
65417 时间跨度太大：一次最多 24 小时。
   The time range is too long: 24 hours at most.
76001 没有这个 rid，或已超过 7 天。
   No such rid, or older than seven days.
76002 rid 的写法不对。
   Malformed rid.
76004 rid 的时间不对：太久以前。
   The rid's time is wrong: too long ago.
76021 没有这个接口路径（cgi_path）：以 / 开头，不带查询串。
   No such cgi_path: begins with /, without a query.
76022 没有权限查这个接口的额度。
   No right to this cgi_path.
87009 回复不存在，或签名不对。
   No such reply, or a wrong signature.
87014 内容有风险：不要再发。
   Risky content: do not send it.
88000 没有留言权限：后来开通的公众号多数没有。
   No right to comments: most younger accounts have none.
88001 没有这篇文章（msg_data_id、index）。
   No such article (msg_data_id, index).
88002 文章因安全原因受限。
   The article is limited for safety.
88003 精选留言到了上限。
   No more elected comments.
88004 留言已被用户删除。
   The user has deleted the comment.
88005 已经回复过这条留言。
   Replied already.
88007 回复为空或太长。
   The reply is empty or too long.
88008 没有这条留言。
   No such comment.
88010 count 要 1 到 50。
   count wants 1 to 50.
89503 这个 IP 要管理员确认：等确认，别反复重试。
   This IP waits for the admin's confirmation.
89506-89507 管理员拒绝了这个 IP。
   The admin refused this IP.
200011-200012 账号的订阅模板太多：先删掉不用的。
   Too many subscription templates: delete some.
200014 模板库里没有这个 tid。
   No such tid in the library.
200016-200017 start 或 limit 不对。
   Bad start or limit.
200018-200019 类目 ID 没给，或不是账号的类目。
   Category ids missing, or not the account's.
200020 关键词列表（kidList）不对：数量要 2 到 5 个，都在模板里。
   Bad kidList: two to five keywords of the template.
200021 场景说明（sceneDesc）不对：不能空，也不能太长。
   Bad sceneDesc: empty or too long.
9001001-9001036 摇一摇周边的接口，已经停用：不要再调用。
   Shake-around is gone: do not call it.
9410010 长信息太长（long_data 最多 4KB）。
   long_data over 4 KB.
9410011 expire_seconds 超出范围（最长 30 天）。
   expire_seconds out of range (30 days at most).
9410012 短 key 不存在或已过期。
   No such short key, or expired.
10700 对方不是粉丝，发送失败。
   Not a fan.
10703 对方关闭了接收消息。
   Receiving is closed.
10706 超过 48 小时没有互动，发送失败。
   Over 48 hours since the last act.
62751 对方在黑名单里。
   Blacklisted.
"""
