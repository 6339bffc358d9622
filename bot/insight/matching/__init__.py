"""Which offer for whom: a whole audience at once, with stock and budget."""
