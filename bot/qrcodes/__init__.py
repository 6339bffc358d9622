"""带参二维码 (渠道码): a code for each source, made by the platform, known by its scene."""
