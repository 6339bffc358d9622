"""JS-SDK tickets (4.17)."""
