"""Arguments of spectroscopy: files whose headers say nothing, and simulated bases."""

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from biomarkers import mrs
from register_walks import Argument, arguments

_OF = {"te": "mrs_te", "dwell": "dwell", "frequency_mhz": "frequency_mhz"}
_SANE = {"dwell": 2.5e-4, "frequency_mhz": 123.2}


@cache
def _raw() -> Path:
    """Return a file of signals, in LCModel's form, that states nothing about them."""
    folder = Path(tempfile.mkdtemp())
    fid = np.exp(-np.arange(64) * 0.05)
    rows = "\n".join(f"{value:15.6E}{0.0:15.6E}" for value in fid)
    path = folder / "a.RAW"
    path.write_text(f" $NMID\n ID='a', FMTDAT='(2E15.6)'\n $END\n{rows}\n", encoding="ascii")
    return path


def spectroscopy() -> Iterator[Argument]:
    """Yield the arguments that have a unit."""

    def load(**given: Any) -> Any:
        return mrs.load(_raw(), **{name: float(value) for name, value in given.items()})

    yield from arguments(load, {**_SANE, "te": 0.03, "tr": 2.0}, {**_OF, "tr": "mrs_tr"})

    def simulate(**given: Any) -> Any:
        plain = {name: float(value) for name, value in given.items()}
        sequence = "steam" if "tm" in plain else "spin_echo"
        return mrs.simulate_basis(sequence=sequence, metabolites="Cr", points=64, **plain)

    yield from arguments(simulate, {**_SANE, "te": 0.03}, _OF)
    of = {**_OF, "tm": "mixing_time"}
    yield from arguments(simulate, {**_SANE, "te": 0.02, "tm": 0.03}, of)
    of = {"field_t": "field_t"}
    yield from arguments(simulate, {"field_t": 3.0, "te": 0.03}, of)
