"""The long-running roles: web and scheduler."""

from __future__ import annotations

import gc
import os
import runpy
import shutil
import signal
import socket
import threading
import time
from importlib import import_module
from pathlib import Path

import click

from bot.cli.common import settings
from bot.errors import SettingsError
from bot.settings import Settings

BLOCKING_THREADS = 64
WANTED_BY_A_WORKER = ("bot.app", "handlers.router", "jobs.scheduler")


@click.command()
@click.option("--host", help="Address to listen on (HONGYAN_HOST).")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on (HONGYAN_PORT).")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--no-scheduler", is_flag=True, help="Never be the scheduler.")
@click.option("--parent", type=int, hidden=True)
def serve(
    host: str | None, port: int | None, workers: int, no_scheduler: bool, parent: int | None
) -> None:
    """Serve callbacks, tracked links, follower pages and the API."""
    if parent:
        end_with(parent)
    if host:
        os.environ["HONGYAN_HOST"] = host
    if port:
        os.environ["HONGYAN_PORT"] = str(port)
    if no_scheduler:
        os.environ["HONGYAN_SCHEDULER"] = "off"
    found = settings()
    if workers > 1:
        _share_metrics(found)
    run_web(found, workers)


def run_web(found: Settings, workers: int) -> None:
    """Run granian until SIGTERM or SIGINT; requests in flight are finished."""
    from bot.build import check_account, open_from

    if not found.appid:
        raise SettingsError("HONGYAN_APPID: the account to serve is not set; see README, step 6")
    check_account(found)
    refuse_taken(found.host, found.port, "HONGYAN_PORT")
    open_from(found).close()  # migrate and refuse bad settings here, once, before any worker
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    _preload()
    click.echo(f"鸿雁 Hongyan listens on http://{found.host}:{found.port}/", err=True)

    Granian(
        "wsgi:application",
        address=found.host,
        port=found.port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=BLOCKING_THREADS,
        backlog=2048,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        log_access=False,
        log_level=LogLevels.error,
    ).serve()


def _preload() -> None:
    """Import what `wsgi` needs before granian forks: a worker, and one that takes the place of a
    dead one, starts with the modules there, and the workers share their memory."""
    for module in WANTED_BY_A_WORKER:
        import_module(module)
    gc.collect()
    gc.freeze()


def refuse_taken(host: str, port: int, setting: str) -> None:
    """Raises SettingsError where somebody listens already: the kernel would share the port out."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(
                f"{setting}: cannot listen on {host}:{port}: {error.strerror}; "
                "choose another, or end the program that has it"
            ) from None


def end_with(parent: int) -> None:
    """End this process in order when `parent` is gone: a killed demo leaves nobody behind."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _share_metrics(found: Settings) -> None:
    """One folder in which the workers' counters meet, emptied at each start."""
    folder = Path(found.var) / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


@click.command()
def scheduler() -> None:
    """Run the jobs in a process of their own; any number may run, one is active."""
    settings()
    runpy.run_module("jobs", run_name="__main__")
