"""How likely is it that someone has left, and when the next purchase is due."""
