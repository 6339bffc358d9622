"""Whom an offer moves, which is not the same as who would buy."""
