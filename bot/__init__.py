"""Hongyan: precision marketing on a WeChat Official Account."""

__version__ = "0.1.0"
