"""Profiles as folds of the event log; lifecycle, and what the law gives a follower over them."""
