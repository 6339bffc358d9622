"""Who may get what of a run, now: decided for one or for many, and told."""
