"""The statistics of experiments: who sees what, what to believe, when to stop. Pure."""
