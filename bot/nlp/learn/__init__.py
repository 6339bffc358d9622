"""Learning to label texts from a business's own examples, and serving what was learnt."""
