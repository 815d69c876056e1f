"""The commands, a module each.

A module holds `HELP`, what the command does in a phrase; `add_options(parser)`; `run(options)`,
which returns whether all of the work was done; and, where more is to be said, `EPILOG`. It imports
what it needs when it runs, so that help and a wrong option answer at once, and a table is analysed
without the numeric code of images.
"""

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

# In the order of the help. A module may not be named like a keyword: `import_` is `import`.
_ORDER = (
    "demo", "run", "measure", "radiomics", "import_", "plan", "analyse", "report", "predict",
    "federated", "simulate", "completion",
)  # fmt: skip


def commands() -> Iterator[tuple[str, ModuleType]]:
    """Yield the name and the module of every command."""
    for name in _ORDER:
        yield name.rstrip("_"), import_module(f"{__name__}.{name}")
