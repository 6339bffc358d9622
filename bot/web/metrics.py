"""Counters in Prometheus' own form; summed over worker processes where there are several."""

from __future__ import annotations

import os

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

callbacks = Counter("hongyan_callbacks", "Callbacks by what became of them", ["outcome"])
callback_seconds = Histogram(
    "hongyan_callback_seconds",
    "From the first byte read to the answer",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 4.5, 5),
)
clicks = Counter("hongyan_clicks", "Tracked link requests", ["outcome"])
redemptions = Counter("hongyan_redemptions", "Coupon redemptions", ["outcome"])


def exposition() -> tuple[bytes, str]:
    """The text that Prometheus scrapes, and its content type."""
    registry: CollectorRegistry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    return generate_latest(registry), CONTENT_TYPE_LATEST
