"""The demo: the whole product against a local platform, watched, then held against its books."""
