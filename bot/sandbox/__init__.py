"""A local WeChat platform: the API this product calls, the callbacks it receives, people who act.

It shares no code with `bot.wechat`: two readings of the platform's rules that check each other.
"""
