"""What a run came to: as it goes, at its close, and for those whom it did not reach."""
