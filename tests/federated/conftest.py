"""Helpers that need an engine are no modules of examples."""

collect_ignore = ["authority.py"]
