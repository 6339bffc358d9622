"""A form that is sent twice, by a second click or by a browser that tries again, begins one task.

Every form carries what was drawn when its page was made; with what it asks for, and who asks, that
is a unique key of the store.
"""

from __future__ import annotations

import secrets

from flask import request

FIELD = "once"
_LONGEST = 64


def drawn() -> str:
    """For the forms of a page that is made now."""
    return secrets.token_hex(12)


def once() -> str:
    """What this form came with; "" where it came with nothing, then it begins a task each time."""
    return request.form.get(FIELD, "")[:_LONGEST]
