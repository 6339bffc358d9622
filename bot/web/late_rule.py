"""Routes that are cheap to make: an app has hundreds, and a process writes addresses of few."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

Written = tuple[str, str]


class LateRule(Rule):
    """A rule whose writer of addresses is compiled when an address is first wanted.

    Werkzeug compiles two for each rule at once, which is nine tenths of the time to make an app.
    Should a later werkzeug name the method otherwise, this class changes nothing.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., Written]:
        compiled = super()._compile_builder
        writer: Callable[..., Written] | None = None

        def build(rule: Rule, /, **values: Any) -> Written:
            nonlocal writer
            if writer is None:
                writer = compiled(append_unknown)
            return writer(rule, **values)

        return build
