"""`hongyan coupons wallet-...`: batches whose coupons lie in WeChat's own wallet."""

from __future__ import annotations

import click

from bot.cli import common
from bot.cli.common import account, as_json, show, table
from bot.cli.privacy import looked
from bot.coupon import wallet
from bot.errors import Conflict, NotFound
from bot.store import coupon_remote
from bot.store import coupons as store
from bot.wechat.pay import PayClient


def _client() -> PayClient:
    found = common.settings()
    if not found.pay_config:
        raise Conflict("there is no merchant: set HONGYAN_PAY_CONFIG (docs/how-to/coupons.md)")
    return wallet.client_of(found.pay_config, account().appid, common.now)


@click.command("wallet-open")
@click.argument("batch")
@as_json
def open_(batch: str, json_: bool) -> None:
    """Make BATCH a stock of WeChat Pay's 代金券: its coupons go into the followers' wallets."""
    client, of = _client(), store.batch_by_slug(account().id, batch)
    state = wallet.open_stock(client, of.id, common.now())
    looked("wallet_open", batch=batch, stock=state.stock_id)
    found = {"batch": batch, "stock_id": state.stock_id, "state": state.state}
    show(found, json_, lambda: [f"stock {state.stock_id}: {state.state}"])


@click.command("wallet-sync")
@as_json
def sync(json_: bool) -> None:
    """Ask how the stocks stand there, and put into the wallets what waits."""
    client, now = _client(), common.now()
    slugs = {batch.id: batch.slug for batch in store.batches(account().id)}
    rows = []
    for known in coupon_remote.stocks(account().id):
        if known.stock_id is None:
            continue
        state = wallet.sync(client, known.batch_id, now)
        slug = slugs[state.batch_id]
        rows.append({"batch": slug, "stock_id": state.stock_id, "state": state.state})
    if not rows:
        raise NotFound("there is no stock yet: hongyan coupons wallet-open BATCH")
    given = wallet.deliver_due(client, now)
    looked("wallet_sync", stocks=len(rows), given=given)
    lines = [*table(rows, {name: name for name in rows[0]}), f"put into wallets: {given}"]
    show({"stocks": rows, "given": given}, json_, lambda: lines)


@click.command("wallet-callback")
def callback() -> None:
    """Have WeChat Pay tell PUBLIC_URL/pay/notify of every use."""
    url = f"{common.settings().public}/pay/notify"
    _client().call_back(url)
    looked("wallet_callback", url=url)
    click.echo(url)


COMMANDS = (open_, sync, callback)
