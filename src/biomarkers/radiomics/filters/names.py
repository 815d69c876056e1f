"""TEMP."""


def check_filter(name: str) -> None:
    """TEMP."""
