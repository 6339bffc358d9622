"""Subscription notices and one-time subscriptions (4.4, 4.5)."""
