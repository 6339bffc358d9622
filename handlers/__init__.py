"""What the house says to what followers do.

A message is offered to the handlers in the order below. First what concerns people's rights, then
a human agent's hold on the chat, then the open question, then commands, then the rest.
"""

from importlib import import_module

from handlers.router import dispatch, router

ORDER = (
    "privacy",  # refusing and erasing go before everything
    "agent",  # while a person holds the chat, the bot is silent
    "subscribe",  # following, leaving, the first question and its answer
    "scan",
    "menu",
    "text",  # commands
    "voice",
    "media",
    "delivery",  # reports of the platform
    "fallback",
)
for _name in ORDER:
    import_module(f"handlers.{_name}")
# The house's own handlers wait for nothing but the database. One added later runs on the pool, and
# with it every message of its kind, unless it says `quick=True`.
router.declare_quick()

__all__ = ["ORDER", "dispatch", "router"]
