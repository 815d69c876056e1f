"""How much blood a body has."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from biomarkers.errors import InputError


@dataclass(frozen=True)
class Species:
    """How much blood an animal has.

    Parameters
    ----------
    name
        As `steady_state` takes it.
    blood_ml_per_kg
        Blood per body weight, mL/kg.
    source
        Where the number comes from.

    """

    name: str
    blood_ml_per_kg: float
    source: str

    def __post_init__(self) -> None:
        if not (np.isfinite(self.blood_ml_per_kg) and self.blood_ml_per_kg > 0):
            raise InputError(
                f"blood_ml_per_kg of {self.name!r} is {self.blood_ml_per_kg}; expected above 0"
            )


SPECIES: Mapping[str, Species] = MappingProxyType(
    {
        species.name: species
        for species in (
            Species(
                "rat",
                64.0,
                "at 200 g; 68 to 62 mL/kg from 100 to 400 g, in 70 awake rats by red cells and "
                "plasma: Lee & Blaufox, J Nucl Med 1985;26:72. A tracer of plasma alone found 12 % "
                "more (Argent et al., Lab Anim 1994;28:172, doi:10.1258/002367794780745218)",
            ),
            Species(
                "human",
                69.0,
                "mean of the reference man (5.3 L, 73 kg) and woman (3.9 L, 60 kg): ICRP "
                "Publication 89, Ann ICRP 2002;32(3-4)",
            ),
        )
    }
)


def find_species(species: str | Species) -> Species:
    """Return a species by its name; `InputError` lists those known."""
    if isinstance(species, Species):
        return species
    if species not in SPECIES:
        raise InputError(
            f"species is {species!r}; known are {', '.join(SPECIES)}. For another give "
            "cbv.Species(name, blood_ml_per_kg, source)"
        )
    return SPECIES[species]
