"""Collection: what comes from outside by itself or on asking, and lands as events of the log."""
