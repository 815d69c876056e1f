"""Chemical shifts and couplings of metabolites (`spin_systems.toml`), with their sources."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from biomarkers.errors import InputError

# Magnetic quantum numbers of the nuclei that are not pulsed: spin 1 and spin 1/2.
_HETERONUCLEI = {"nitrogen": (-1.0, 0.0, 1.0), "phosphorus": (-0.5, 0.5)}


@dataclass(frozen=True)
class Heteronucleus:
    """A nucleus that is not pulsed, with its couplings to protons.

    Parameters
    ----------
    states
        Its magnetic quantum numbers.
    couplings
        To protons, by their indices, Hz.

    """

    states: tuple[float, ...]
    couplings: Mapping[int, float]


@dataclass(frozen=True)
class SpinGroup:
    """Protons that are coupled with each other, and with no other proton of the molecule.

    Parameters
    ----------
    shifts
        Of the protons, ppm.
    couplings
        Of pairs of protons, by their indices in `shifts`, Hz.
    weight
        How many such groups there are per molecule.
    heteronuclei
        Coupled to them.

    """

    shifts: tuple[float, ...]
    couplings: Mapping[tuple[int, int], float]
    weight: float = 1.0
    heteronuclei: tuple[Heteronucleus, ...] = ()


@dataclass(frozen=True)
class Molecule:
    """A metabolite's full name, where its numbers come from, and its spins."""

    title: str
    source: str
    groups: tuple[SpinGroup, ...]

    @property
    def protons(self) -> float:
        """Number of protons that the table lists."""
        return sum(group.weight * len(group.shifts) for group in self.groups)


@cache
def molecules() -> Mapping[str, Molecule]:
    """Return the metabolites that can be simulated, by name.

    Examples
    --------
    >>> from biomarkers.mrs import molecules
    >>> molecules()["Lac"].groups[0].shifts
    (4.0974, 1.3142, 1.3142, 1.3142)

    """
    table = tomllib.loads(files(__package__).joinpath("spin_systems.toml").read_text("utf-8"))
    return {
        name: Molecule(
            entry["title"],
            table["sources"][entry["source"]],
            tuple(_group(group) for group in entry["groups"]),
        )
        for name, entry in table["molecules"].items()
    }


def find_molecules(names: Iterable[str]) -> tuple[Molecule, ...]:
    """Return metabolites by name; `InputError` names those that are not in the table."""
    table = molecules()
    unknown = [name for name in names if name not in table]
    if unknown:
        raise InputError(
            f"metabolites: no spin system of {', '.join(unknown)}; there are {', '.join(table)}"
        )
    return tuple(table[name] for name in names)


def _group(entry: Mapping[str, Any]) -> SpinGroup:
    """Return a group of spins from its entry in the table."""
    return SpinGroup(
        tuple(entry["shifts"]),
        {(i, j): coupling for i, j, coupling in entry.get("couplings", ())},
        entry.get("weight", 1.0),
        tuple(
            Heteronucleus(states, dict(entry[nucleus]))
            for nucleus, states in _HETERONUCLEI.items()
            if nucleus in entry
        ),
    )
