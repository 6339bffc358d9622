"""Names that columns have in exports of other systems, Chinese and English, and what they mean.

A name is compared without case, spaces, brackets and marks.
"""

from __future__ import annotations

# target -> names
WHO = {
    "follower": ("follower", "followerid", "粉丝编号", "粉丝id"),
    "openid": ("openid", "微信openid", "用户openid", "粉丝openid", "wxopenid", "fromusername"),
    "unionid": ("unionid", "微信unionid", "用户unionid", "wxunionid"),
    "phone": ("phone", "mobile", "tel", "telephone", "phonenumber", "mobilephone", "cellphone",
              "手机", "手机号", "手机号码", "电话", "电话号码", "联系电话", "联系方式",
              "会员手机号"),
    "customer": ("customerid", "customerno", "customernumber", "customer", "memberid", "memberno",
                 "userid", "uid", "id", "householdid", "客户编号", "客户号", "客户id", "会员编号",
                 "会员号", "会员id", "会员卡号", "卡号", "用户编号", "用户id", "顾客编号", "编号"),
}  # fmt: skip

OTHER = {
    "tag": ("tag", "tags", "label", "labels", "标签", "用户标签", "客户标签", "会员标签"),
    "topic": ("topic", "topics", "interest", "interests", "category", "categories", "兴趣",
              "兴趣爱好", "爱好", "偏好", "品类", "类目", "商品分类", "主题"),
    "order": ("order", "orderid", "orderno", "ordernumber", "ordersn", "tradeno", "订单", "订单号",
              "订单编号", "单号", "交易号", "流水号"),
    "amount": ("amount", "total", "totalamount", "price", "paid", "payment", "value", "spend",
               "sales", "金额", "订单金额", "实付金额", "实付", "支付金额", "消费金额", "总价",
               "应付金额", "成交金额"),
    "at": ("at", "time", "date", "datetime", "orderedat", "orderdate", "ordertime", "createdat",
           "paidat", "paytime", "timestamp", "时间", "日期", "下单时间", "支付时间", "付款时间",
           "订单时间", "交易时间", "成交时间", "发生时间", "创建时间"),
    "refund": ("refund", "refundamount", "refunded", "refundfee", "amountrefunded", "退款金额",
               "已退金额", "退款", "退款额"),
    "refund_at": ("refundat", "refundedat", "refundtime", "refunddate", "退款时间", "退款日期"),
    "status": ("status", "state", "orderstatus", "paystatus", "refundstatus", "订单状态",
               "交易状态", "支付状态", "付款状态", "退款状态", "状态"),
    "item": ("item", "items", "itemid", "product", "products", "sku", "goods", "商品", "商品名称",
             "产品", "货品", "菜品", "课程"),
    "event": ("event", "eventname", "eventkind", "kind", "action", "事件", "事件名称", "行为"),
}  # fmt: skip

ATTRIBUTES = {
    "age": ("age", "年龄"),
    "gender": ("gender", "sex", "性别"),
    "birthday": ("birthday", "birthdate", "dateofbirth", "dob", "生日", "出生日期"),
    "city": ("city", "城市", "所在城市", "市"),
    "province": ("province", "state", "省", "省份"),
    "country": ("country", "国家"),
    "job": ("job", "occupation", "profession", "职业", "工作"),
    "marital": ("marital", "maritalstatus", "婚姻", "婚姻状况", "婚否"),
    "education": ("education", "学历", "文化程度"),
    "level": ("level", "grade", "memberlevel", "vip", "会员等级", "等级", "会员级别"),
    "points": ("points", "score", "积分", "会员积分"),
    "balance": ("balance", "余额", "账户余额"),
    "income": ("income", "收入", "月收入", "年收入"),
    "store": ("store", "shop", "branch", "门店", "店铺", "所属门店", "注册门店"),
    "joined": ("joined", "registered", "registeredat", "signupdate", "注册时间", "入会时间",
               "开卡时间", "注册日期"),
}  # fmt: skip

# Left out: who somebody is says nothing about what he likes, and would lie unsealed.
PERSONAL = (
    "name", "fullname", "firstname", "lastname", "username", "nickname", "realname", "address",
    "email", "mail", "idcard", "idnumber", "passport", "wechat", "wechatid", "qq", "avatar",
    "headimgurl", "姓名", "名字", "客户姓名", "会员姓名", "真实姓名", "收货人", "联系人", "昵称",
    "微信昵称", "微信号", "地址", "收货地址", "详细地址", "家庭住址", "邮箱", "电子邮箱", "身份证",
    "身份证号", "身份证号码", "证件号", "护照号", "头像", "银行卡号", "备注", "remark", "note",
)  # fmt: skip

# What systems call the states of an order -> bot.imports.mapping.STATUSES.
STATUSES = {
    word: status
    for status, names in {
        "paid": ("paid", "completed", "complete", "finished", "success", "succeeded", "shipped",
                 "delivered", "received", "已支付", "已付款", "支付成功", "已完成", "完成",
                 "交易成功", "成功", "待发货", "已发货", "待收货", "已收货", "已签收", "已核销",
                 "未退款", "无退款", "退款中", "退款关闭", "拒绝退款", "退款失败"),
        "refunded": ("refunded", "refund", "returned", "退款", "已退款", "退款成功", "退款完成",
                     "全额退款", "已退货", "退货退款", "已全额退款"),
        "partly": ("partially refunded", "partially_refunded", "partial refund", "部分退款",
                   "已部分退款"),
        "unpaid": ("unpaid", "pending", "cancelled", "canceled", "closed", "failed", "expired",
                   "未支付", "未付款", "待付款", "待支付", "支付失败", "已取消", "取消", "已关闭",
                   "交易关闭", "订单关闭", "已作废"),
    }.items()
    for word in names
}  # fmt: skip

GENDERS = {
    "男": "男", "女": "女", "m": "男", "f": "女", "male": "男", "female": "女", "男性": "男",
    "女性": "女", "先生": "男", "女士": "女", "1": "男", "2": "女",
}  # fmt: skip
