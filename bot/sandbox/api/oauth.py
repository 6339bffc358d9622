"""Web authorisation and mini-program log-in (4.16, 5)."""
