"""Rows go out: claimed, composed, sent at a pace, settled, swept."""
