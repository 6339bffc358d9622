"""An audience becomes ledger rows: of a run, of a journey, of a reminder."""
