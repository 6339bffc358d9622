"""The long-running roles: web, scheduler, sandbox."""

from __future__ import annotations

import os
import runpy
import shutil
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from bot.cli.common import document, settings
from bot.errors import SettingsError
from bot.sandbox.config import SandboxConfig
from bot.settings import DEVELOPMENT, Settings

BLOCKING_THREADS = 64


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


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8090, show_default=True)
@click.option("--followers", type=click.IntRange(0, 1_000_000), default=50, show_default=True)
@click.option("--latency-ms", type=click.FloatRange(0, 60_000), default=0.0, show_default=True)
@click.option(
    "--faults",
    type=click.Path(exists=True, dir_okay=False),
    help="JSON: {api, push, template_failed}.",
)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--callback", help="Where to push; default: PUBLIC_URL/wechat/default.")
@click.option("--mode", type=click.Choice(["safe", "compatible", "plain"]), default="safe")
@click.option("--shop-key", default="", help="API key with which the followers redeem.")
@click.option("--from-environment", is_flag=True, hidden=True)
@click.option("--parent", type=int, hidden=True)
def sandbox(
    port: int,
    followers: int,
    latency_ms: float,
    faults: str | None,
    seed: int,
    callback: str | None,
    mode: str,
    shop_key: str,
    from_environment: bool,
    parent: int | None,
) -> None:
    """A local WeChat platform with simulated followers."""
    from bot.sandbox.web.server import serve as run_sandbox

    if parent:
        end_with(parent)
    if from_environment:
        config = SandboxConfig.from_env(os.environ)
        refuse_taken(config.host, config.port, "--port")
        run_sandbox(config)
        return
    found = settings()
    refuse_taken("127.0.0.1", port, "--port")
    public = found.public
    if callback:
        parts = urlsplit(callback)
        public = f"{parts.scheme}://{parts.netloc}"
    url = f"http://127.0.0.1:{port}"
    click.echo(f"本地微信平台 local WeChat platform  {url}/")
    click.echo(f"和公众号聊天 chat as a follower     {url}/phone/o-me")
    click.echo(f"回调 pushes to {callback or public + '/wechat/default'}; Ctrl-C ends it")
    run_sandbox(
        sandbox_config(
            found,
            port=port,
            followers=followers,
            seed=seed,
            latency_ms=latency_ms,
            mode=mode,
            callback_url=callback or f"{public}/wechat/default",
            faults=document(faults) if faults else {},
            shop_url=public if shop_key else "",
            shop_key=shop_key,
        )
    )


def sandbox_config(found: Settings, **changes: Any) -> SandboxConfig:
    """The sandbox plays the account of these settings, or the development account."""
    account = {name.lower(): getattr(found, name.lower()) or DEVELOPMENT[name]
               for name in DEVELOPMENT}  # fmt: skip
    account["aes_key"] = account["aes_key"].split(",")[0]
    return SandboxConfig(**{**account, **changes})
