"""What suits whom: by content, by what others took, by habit, by popularity."""
