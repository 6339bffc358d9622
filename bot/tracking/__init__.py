"""Tracked links: signed tokens in URLs, and what counts as a person's tap."""
