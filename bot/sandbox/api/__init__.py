"""The calls of the platform's API, a module for each part; importing one registers its calls."""

# ruff: noqa: F401  imported for the calls that they register
from bot.sandbox.api import (
    base,
    blacklist,
    cards,
    comments,
    datacube,
    drafts,
    kf,
    kf_sessions,
    mass,
    material,
    menu,
    messages,
    oauth,
    people,
    publishing,
    qrcode,
    shorten,
    subscriptions,
    templates,
    tickets,
    wecom,
    wecom_groups,
)
