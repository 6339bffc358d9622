"""What the key of a click button asks for. `handlers.menu` answers by this.

RULE:<slug>      the answers of a rule of 自动回复
CONTENT:<topic>  what the house has on a topic, or with `interests` on what they like most
ONCE:<slug>      asks for leave to send the message of a campaign (一次性订阅)
"""

from __future__ import annotations

RULE, CONTENT, ONCE = "RULE:", "CONTENT:", "ONCE:"
PREFIXES = (RULE, CONTENT, ONCE)
# Answered by the house itself.
HOUSE = ("COUPON", "MY_PROFILE", "HELP", "MY_OFFER")


def parted(key: str) -> tuple[str, str]:
    """(prefix, name) of a key of ours, ("", the key) of any other."""
    found = next((one for one in PREFIXES if key.startswith(one)), "")
    return found, key.removeprefix(found)
