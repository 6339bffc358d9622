"""Cards, the legacy kind (4.15)."""
