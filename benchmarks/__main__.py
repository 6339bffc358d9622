"""`make bench`, or `python -m benchmarks NAME`: prints one JSON object a measurement."""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module

NAMES = (
    "callbacks", "sends", "ledger", "chaos", "crosswoz", "sandbox_month",
    "nlu", "imports", "picture", "folds", "segments", "experiments", "dryrun", "effect", "journeys",
    "carrying", "matching", "loop", "uplift", "insight", "recommend",
    "console",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], default=list(NAMES))
    parser.add_argument("--requests", type=int)
    parser.add_argument("--connections", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--followers", type=int, help="matching, loop, console")
    parser.add_argument("--seeds", type=int, help="loop")
    parser.add_argument("--offers", type=int, help="matching")
    parser.add_argument("--keep", help="console: the folder of the made house, used again")
    parser.add_argument("--only", help="console: pages whose address has this")
    parser.add_argument("--cold", action="store_const", const=True, help="console: nothing kept")
    parser.add_argument("--postgres", action="store_const", const=True)
    parser.add_argument("--quick", action="store_const", const=True, help="nlu: without most peers")
    given = parser.parse_args()
    options = {
        "count": given.requests,
        "connections": given.connections,
        "rounds": given.rounds,
        "followers": given.followers,
        "offers": given.offers,
        "seeds": given.seeds,
        "keep": given.keep,
        "only": given.only,
        "cold": given.cold,
        "postgres": given.postgres,
        "quick": given.quick,
    }
    chosen = {name: value for name, value in options.items() if value is not None}
    for name in given.names:
        result = import_module(f"benchmarks.{name}").run(**chosen)
        sys.stdout.write(json.dumps({name: result}, ensure_ascii=False, indent=1) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
