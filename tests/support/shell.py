"""`hongyan ...` as a process of its own, forked from one that has the commands loaded already.

A process that starts from nothing spends a second or more on imports, every time. Each command here
has its own memory, folder, environment, input and output, as from a shell. Started as a program,
this file is the parent of them: it loads the commands, and forks for each line that it reads.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60
STREAMS = ("stdin", "stdout", "stderr")
Ended = subprocess.CompletedProcess[str]


def hongyan(words: Sequence[str], folder: Path, env: Mapping[str, str], stdin: str = "") -> Ended:
    """Run one command to its end. Raises subprocess.TimeoutExpired."""
    with tempfile.TemporaryDirectory() as held:
        paths = {name: str(Path(held, name)) for name in STREAMS}
        Path(paths["stdin"]).write_text(stdin, encoding="utf-8")
        call = {"words": [*words], "folder": str(folder), "env": dict(env), "paths": paths}
        status = _parent()(call)
        if status is None:
            raise subprocess.TimeoutExpired(["hongyan", *words], SECONDS)
        said = (Path(paths[name]).read_text(encoding="utf-8") for name in STREAMS[1:])
        return subprocess.CompletedProcess(["hongyan", *words], status, *said)


@cache
def _parent() -> Callable[[Mapping[str, Any]], int | None]:
    parent = subprocess.Popen(
        [sys.executable, "-m", __name__],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    told, heard = parent.stdin, parent.stdout
    assert told is not None
    assert heard is not None

    def call(wanted: Mapping[str, Any]) -> int | None:
        told.write(json.dumps(wanted) + "\n")
        told.flush()
        status: int | None = json.loads(heard.readline())
        return status

    def end() -> None:
        told.close()
        parent.wait()
        heard.close()

    atexit.register(end)
    return call


def _serve() -> None:
    from bot.cli.root import COMMANDS, cli

    for name in COMMANDS:
        cli.get_command(None, name)  # type: ignore[arg-type]
    import sklearn.feature_extraction.text
    import sklearn.svm  # noqa: F401  # what training takes longest to load

    for line in sys.stdin:
        call = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(call)
        sys.stdout.write(f"{json.dumps(_status(child))}\n")
        sys.stdout.flush()


def _status(child: int) -> int | None:
    """The exit status; None, and the end of the child, where it takes too long."""
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _run(call: Mapping[str, Any]) -> NoReturn:
    """The child: become what a fresh process would be, run, and end as the interpreter would."""
    for number, name in enumerate(STREAMS):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT
        os.dup2(os.open(call["paths"][name], flags), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    os.chdir(call["folder"])
    os.environ.clear()
    os.environ.update(call["env"])
    sys.argv = ["hongyan", *call["words"]]
    status = 0
    try:
        from bot.cli import main

        main()
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            sys.stderr.write(f"{ended.code}\n")
    except BaseException:
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    _serve()
