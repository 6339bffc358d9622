"""Segments: a language of rules, two evaluators, and members kept equal to the rules."""
