"""A campaign as its marketer wrote it: read, checked, said."""
