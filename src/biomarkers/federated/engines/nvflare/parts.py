"""Classes of NVFlare that ours are made from, which NVFlare then makes by their names."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any


def part(module: str, name: str) -> Any:
    """Return a class of NVFlare; `object` where that is not installed, so that ours can be read."""
    if find_spec("nvflare") is None:
        return object
    return getattr(import_module(f"nvflare.{module}"), name)
