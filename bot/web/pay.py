"""WeChat Pay's callback: a coupon of the wallet was paid with. Believed only where it is signed."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, abort, jsonify, request

from bot.coupon import wallet
from bot.errors import NotFound
from bot.web import metrics
from bot.web.services import services
from bot.wechat.pay_keys import NotSigned

logger = logging.getLogger(__name__)
views = Blueprint("pay", __name__)


@views.post("/pay/notify")
def notify() -> tuple[Response | str, int]:
    """204: taken, now or before. Anything else, and the platform tells it again."""
    house = services()
    if not house.settings.pay_config:
        abort(404)
    appid = house.account_of("default").appid
    client = wallet.client_of(house.settings.pay_config, appid, house.clock)
    try:
        done = wallet.notice(client, dict(request.headers), request.get_data())
    except NotSigned as fault:
        logger.warning("pay notice refused: %s", fault)
        return jsonify({"code": "SIGN_ERROR", "message": "not signed"}), 401
    except NotFound:
        logger.warning("pay notice of a coupon that is not ours")
        return "", 204  # told again it would be no more ours
    if done is not None:
        metrics.redemptions.labels(done.outcome).inc()
    return "", 204
