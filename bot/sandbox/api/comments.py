"""Comments on articles (4.14)."""
