"""Human agents: accounts, sessions, records (4.6)."""
