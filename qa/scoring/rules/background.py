"""Sentences as they fall in any call, about nothing in particular: what likeness of meaning is measured against."""

from __future__ import annotations

BACKGROUND: tuple[str, ...] = tuple(
    """
    您好请问有什么可以帮您 我的电话号码是多少 明天下午会有师傅上门 请问您怎么称呼 好的谢谢再见
    我要查一下快递到哪里了 地址是南京路八十八号 您的订单已经发货了 宽带上不了网一直闪红灯 请您提供一下身份证后四位
    我要找你们经理 投诉你们的服务态度 发票什么时候能开 密码忘了怎么重置 这个手机有什么颜色
    我们店几点关门 您还有其他问题吗 感谢您的来电祝您生活愉快 我听不清楚你说什么 信号不好请您再说一遍
    是的没错 我上个星期刚买的 退款什么时候到账 优惠活动到几号结束 您可以在手机上自己操作
    需要三到五个工作日 医保卡怎么用 我的车险快到期了 航班取消了怎么改签 孩子的学费交了没有
    今天天气很好 会议室预订到三点 空调不制冷 水龙头漏水了 账号被冻结了
    额度能不能提高 积分怎么兑换 我不太明白你的意思 那就这样吧 您说得对
    """.split()  # noqa: SIM905 - forty quoted strings would be harder to read
)
