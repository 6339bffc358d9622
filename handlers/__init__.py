"""What the house says to what followers do.

A message is offered to the handlers in the order below. Texts go through the steps of the decision
(docs/explanation/conversation.md): rights, the dialogue in progress, a person who has the chat,
marketers' rules and commands, the intent, similar questions, did you mean, the default.
"""

from importlib import import_module

from handlers.router import dispatch, router

ORDER = (
    "privacy",  # refusing and erasing go before everything
    "language",  # in which they write
    "satisfaction",  # the answer to "were you satisfied"
    "clarify",  # the answer to "did you mean"
    "dialogue",  # a form in progress, and how one begins
    "likes",  # a topic tapped
    "subscribe",  # following, leaving, the first question and its answer
    "agent",  # while a person holds the chat, the bot is silent
    "scan",
    "menu",
    "rules",  # marketers' keyword rules, which go before commands
    "text",  # commands
    "recommend",  # what is there for me
    "intent",  # what the model understood and is sure of
    "faq",  # questions that somebody wrote down
    "voice",
    "media",
    "delivery",  # reports of the platform
    "missed",  # not understood several times in a row: a person
    "fallback",  # did you mean, a topic, the default
)
for _name in ORDER:
    import_module(f"handlers.{_name}")
import_module("handlers.carrying")  # no handler: answers take waiting offers along
# The house's own handlers wait for nothing but the database. One added later runs on the pool, and
# with it every message of its kind, unless it says `quick=True`.
router.declare_quick()

__all__ = ["ORDER", "dispatch", "router"]
