"""`hongyan sandbox`: serve a local WeChat platform, or live through days of it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from tqdm import tqdm

from bot.cli.common import as_json, document, settings, show
from bot.cli.serve import end_with, refuse_taken
from bot.errors import InvalidInput
from bot.sandbox.config import CERTIFICATES, KINDS, MODES, Limits, SandboxConfig, Switches
from bot.settings import DEVELOPMENT, Settings

FILE = click.Path(dir_okay=False)
HOST = "127.0.0.1"


@click.command()
@click.option("--host", default=HOST, show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8090, show_default=True, help="0: a free one."
)
@click.option("--followers", type=click.IntRange(0, 1_000_000), default=50, show_default=True)
@click.option("--latency-ms", type=click.FloatRange(0, 60_000), default=0.0, show_default=True)
@click.option(
    "--faults",
    type=click.Path(exists=True, dir_okay=False),
    help="JSON: {api, push, template_failed}.",
)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--callback",
    help='Where to push, "" for nowhere; default: PUBLIC_URL/wechat/default, with --days nowhere.',
)
@click.option("--mode", type=click.Choice(MODES), default="safe", show_default=True)
@click.option("--kind", type=click.Choice(KINDS), default="service", show_default=True)
@click.option(
    "--switch",
    "switches",
    multiple=True,
    metavar="NAME=VALUE",
    help="What the platform's documents leave open; docs/explanation/sandbox.md lists them.",
)
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=VALUE",
    help="Times and counts of the platform: answer, deliveries, retry_gap, mark_fail, job_delay.",
)
@click.option(
    "--ip-allow", multiple=True, metavar="ADDRESS", help="Who may fetch tokens; default: all."
)
@click.option(
    "--trusted-host",
    "trusted_hosts",
    multiple=True,
    metavar="NAME",
    help="Host names beside localhost under which the control plane and the pages answer.",
)
@click.option("--shop-key", default="", help="API key with which the followers redeem.")
@click.option(
    "--people",
    type=click.Choice(["story", "life"]),
    help="A lively short play, or days and months; default: story, with --start life.",
)
@click.option("--habits", type=click.Path(exists=True, dir_okay=False), help="JSON, of life.")
@click.option("--start", default="", help="Virtual time: begins at this ISO instant with zone.")
@click.option("--days", type=click.FloatRange(0, 3660), help="Live through so many days, and end.")
@click.option("--clock", "clock_path", type=FILE, default="", help="Clock file (setting CLOCK).")
@click.option(
    "--lockstep",
    type=click.FloatRange(0, 86_400),
    default=0.0,
    help="Every so many virtual seconds wait for the jobs of the clock file's reader.",
)
@click.option("--ledger", "ledger_path", type=FILE, default="", help="All that happens, as JSONL.")
@click.option(
    "--truth",
    type=FILE,
    help="What no API tells: the people, and with --ledger what each offer was worth.",
)
@click.option("--tls-port", type=click.IntRange(0, 65535), default=0, help="The API by TLS too.")
@click.option(
    "--certificate",
    type=click.Choice(CERTIFICATES),
    default="good",
    show_default=True,
    help="What the TLS port shows; a client must refuse all but the good one.",
)
@click.option("--ca-file", "ca_path", type=FILE, default="", help="Written: whom to trust for it.")
@click.option("--quiet", is_flag=True, help="With --days: no progress.")
@as_json
@click.option("--from-environment", is_flag=True, hidden=True)
@click.option("--parent", type=int, hidden=True)
def sandbox(
    from_environment: bool,
    parent: int | None,
    days: float | None,
    truth: str | None,
    quiet: bool,
    json_: bool,
    **given: Any,
) -> None:
    """A local WeChat platform with simulated followers.

    With --start time is virtual and stands until it is run: by the control API, or with --days at
    once, as fast as it can. The same seed against the same program gives the same ledger.
    """
    if parent:
        end_with(parent)
    if from_environment:
        _serve(SandboxConfig.from_env(os.environ))
        return
    if days is not None and not given["start"]:
        raise InvalidInput("days: wants --start, the instant at which virtual time begins")
    config = _config(settings(), batch=days is not None, **given)
    if days is not None:
        _live(config, days, truth, quiet, json_)
        return
    if truth:
        _told_truth(truth, config)
    if config.port:  # with 0 the server tells where it listens, as one line of JSON
        _welcome(config)
    _serve(config)


# --- the config ----------------------------------------------------------------------------------


def sandbox_config(found: Settings, **changes: Any) -> SandboxConfig:
    """The sandbox plays the account of these settings, or the development account."""
    account = {name.lower(): getattr(found, name.lower()) or DEVELOPMENT[name]
               for name in DEVELOPMENT}  # fmt: skip
    account["aes_key"] = account["aes_key"].split(",")[0]
    return SandboxConfig(**{**account, **changes})


def _config(found: Settings, batch: bool, **given: Any) -> SandboxConfig:
    """Of the command's options."""
    callback, people = given.pop("callback"), given.pop("people")
    if callback is None:
        callback = "" if batch else f"{found.public}/wechat/default"
    shop = urlsplit(callback)
    base = f"{shop.scheme}://{shop.netloc}" if shop.netloc else found.public
    for name in ("faults", "habits"):
        given[name] = document(given[name]) if given[name] else {}
    return sandbox_config(
        found,
        callback_url=callback,
        shop_url=base if given["shop_key"] else "",
        people=people or ("life" if given["start"] else "story"),
        limits=_limits(batch, given.pop("limits")),
        switches=Switches.of(given.pop("switches")),
        **given,
    )


def _limits(batch: bool, words: tuple[str, ...]) -> Limits:
    """Of a run through months the memory holds little: the ledger file has all."""
    from bot.sandbox.crowd.batch import KEPT

    found = Limits.of(words)
    return replace(found, kept=KEPT) if batch else found


# --- serving -------------------------------------------------------------------------------------


def _serve(config: SandboxConfig) -> None:
    from bot.sandbox.web.server import serve

    refuse_taken(config.host, config.port, "--port")
    serve(config)


def _welcome(config: SandboxConfig) -> None:
    url = f"http://{config.host}:{config.port}"
    click.echo(f"本地微信平台 local WeChat platform  {url}/")
    click.echo(f"和公众号聊天 chat as a follower     {url}/phone/o-me")
    click.echo(f"回调 pushes to {config.callback_url or 'nowhere'}; Ctrl-C ends it")
    click.echo(f"账号 account  AppID {config.appid}  AppSecret {_told(config.appsecret)}")
    click.echo(f"             Token {_told(config.token)}  EncodingAESKey {_told(config.aes_key)}")
    if config.tls_port:
        told = f"https://{config.host}:{config.tls_port}  {config.certificate} {config.ca_path}"
        click.echo(f"加密接口 the API by TLS  {told}".rstrip())
    if config.stepped:
        click.echo(f"虚拟时间 virtual time, run by POST {url}/sandbox/run: {config.start}")


def _told(secret: str) -> str:
    """The documented development account's opens nothing; any other is somebody's own."""
    return secret if secret in DEVELOPMENT.values() else "(your own, from the settings)"


# --- living through days -------------------------------------------------------------------------


def _live(config: SandboxConfig, days: float, truth: str | None, quiet: bool, json_: bool) -> None:
    from bot.sandbox.crowd import batch
    from bot.sandbox.platform import Platform

    with (
        batch.stopping(Platform(config)) as platform,
        _api(platform),
        _progress(platform.world.clock(), days, quiet) as told,
    ):
        found = batch.live(platform, days, told)
    if truth:
        found["truth_lines"] = _told_truth(truth, config)
    show(found, json_, lambda: _lines(found))


def _told_truth(path: str, config: SandboxConfig) -> int:
    from bot.sandbox.crowd import batch

    return batch.write_truth(Path(path), config)


@contextmanager
def _api(platform: Any) -> Iterator[None]:
    """The platform's API for the program under test; where there is none, nobody calls."""
    config: SandboxConfig = platform.config
    if not config.callback_url:
        yield
        return
    from werkzeug.serving import WSGIRequestHandler, make_server

    from bot.sandbox.web.app import create_app

    class Quiet(WSGIRequestHandler):
        def log(self, *_: Any) -> None:
            """The summary is what is told."""

    refuse_taken(config.host, config.port, "--port")
    server = make_server(
        config.host, config.port, create_app(platform), threaded=True, request_handler=Quiet
    )
    threading.Thread(target=server.serve_forever, name="api", daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _progress(start: datetime, days: float, quiet: bool) -> Iterator[Callable[[datetime], None]]:
    """A bar on a terminal; elsewhere a line a day."""
    hours = round(days * 24)
    hour = timedelta(hours=1)
    with tqdm(total=hours, unit="h", disable=True if quiet else None) as bar:

        def told(now: datetime) -> None:
            lived = (now - start) // hour
            bar.update(lived - bar.n)
            if bar.disable and not quiet and lived % 24 == 0:
                click.echo(f"day {lived // 24} of {days:g}: {now.isoformat()}", err=True)

        yield told


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    for name, value in found.items():
        told = (
            "  ".join(f"{key} {count}" for key, count in value.items())
            if isinstance(value, Mapping)
            else value
        )
        yield f"{name:12} {told}"
