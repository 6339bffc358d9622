"""Processes under measurement: their CPU time, memory, and a closed-loop load client."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.demo.processes import _direct

_TICK = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Server:
    """A running server and all its child processes."""

    process: subprocess.Popen[bytes]
    port: int

    def pids(self) -> list[int]:
        found = [self.process.pid]
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                text = stat.read_text()
            except OSError:
                continue
            if int(text.rsplit(")", 1)[1].split()[1]) in found:
                found.append(int(stat.parent.name))
        return sorted(set(found))

    def cpu_seconds(self) -> float:
        total = 0
        for pid in self.pids():
            try:
                values = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            total += int(values[11]) + int(values[12])
        return total / _TICK

    def rss_mb(self) -> float:
        """Of the largest process: the worker."""
        sizes = []
        for pid in self.pids():
            try:
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            except OSError:
                continue
            sizes.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
        return max(sizes)


@contextmanager
def serving(
    command: Sequence[str], port: int, env: Mapping[str, str], log: Path
) -> Iterator[Server]:
    """Start a server, wait until /healthz answers, end it afterwards."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT, env=dict(env), stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
        try:
            _wait(process, port, log)
            yield Server(process, port)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(log.read_text()[-2000:])
        try:
            with _direct.open(f"http://127.0.0.1:{port}/healthz", timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nothing answered on {port}: {log.read_text()[-2000:]}")


@dataclass
class Load:
    """What a run of the load client saw."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    bad: int = 0

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile_ms(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000


def post_all(port: int, requests: Sequence[tuple[str, bytes]], connections: int) -> Load:
    """Closed loop: `connections` kept connections share the requests; run it in its own process."""
    return asyncio.run(_post_all(port, requests, connections))


async def _post_all(port: int, requests: Sequence[tuple[str, bytes]], connections: int) -> Load:
    load = Load()
    queue = iter(requests)
    began = time.perf_counter()
    await asyncio.gather(*(_connection(port, queue, load) for _ in range(connections)))
    load.seconds = time.perf_counter() - began
    return load


async def _connection(port: int, queue: Iterator[tuple[str, bytes]], load: Load) -> None:
    """Requests of the queue on kept connections, each closed whatever becomes of it."""
    more = True
    while more:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            more = await _exchange(reader, writer, queue, load)
        finally:
            writer.close()


async def _exchange(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    queue: Iterator[tuple[str, bytes]],
    load: Load,
) -> bool:
    """Until the queue is empty; True: the server closes this connection before that."""
    for target, body in queue:
        head = (
            f"POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        began = time.perf_counter()
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = _content_length(answer)
        payload = await reader.readexactly(length)
        load.latencies.append(time.perf_counter() - began)
        if not answer.startswith(b"HTTP/1.1 200") or not payload:
            load.bad += 1
        if b"connection: close" in answer.lower():
            return True
    return False


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    raise ValueError("an answer without Content-Length")


_message_ids = itertools.count(int(time.time() * 1000) * 1_000_000)


def next_id() -> int:
    return next(_message_ids)
