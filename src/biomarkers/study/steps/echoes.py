"""Pairs of multi-echo scans before and after an iron oxide: what they are made of, and checks."""

from collections.abc import Sequence
from dataclasses import dataclass

from biomarkers.cbv import SPECIES, Species, find_agent
from biomarkers.errors import InputError, StudyError
from biomarkers.ranges import known_species
from biomarkers.study.acquisition import Source, echo_time, possible

# Values of the entity `acq` of scans before and after an agent.
PRE, POST = "pre", "post"
_BLOOD_KEY = "BloodVolumePerKg"


@dataclass(frozen=True)
class EchoPair:
    """Scans before and after, the echoes of each in the order of their times.

    Parameters
    ----------
    pre, post
        Images, one per echo.
    te
        Echo times of both, s.
    agent
        From the entity `ce` of the names.

    """

    pre: tuple[Source, ...]
    post: tuple[Source, ...]
    te: tuple[float, ...]
    agent: str

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every image of the pair."""
        return (*self.pre, *self.post)


@dataclass(frozen=True)
class Injection:
    """What was injected, and into whom.

    Parameters
    ----------
    agent
        Name of the agent.
    dose_mg_fe_kg
        Iron per body weight, mg/kg.
    field_t
        Field of the scanner, T.
    species
        How much blood it was diluted in.

    """

    agent: str
    dose_mg_fe_kg: float
    field_t: float
    species: Species


def pair_of(images: Sequence[Source]) -> EchoPair:
    """Sort the images of a session into a pair.

    Raises
    ------
    StudyError
        If one of both scans is missing, echo times differ between them, or there is more than
        one agent.

    """
    sides = {
        side: sorted(
            (image for image in images if image.file.entities["acq"] == side), key=echo_time
        )
        for side in (PRE, POST)
    }
    where = images[0].file.path.parent
    agents = sorted({image.file.entities["ce"] for image in images})
    if len(agents) > 1:
        raise StudyError(f"{where}: scans of several agents ({', '.join(agents)}); one is measured")
    times = {side: tuple(echo_time(image) for image in echoes) for side, echoes in sides.items()}
    if times[PRE] != times[POST] or len(set(times[PRE])) < len(times[PRE]):
        suffix = images[0].file.suffix
        said = "; ".join(f"acq-{side}: {list(each)}" for side, each in times.items())
        raise StudyError(
            f"{where}: echo times (s) of the {suffix} images are {said}; a pair has the same ones "
            "before and after, each once"
        )
    return EchoPair(tuple(sides[PRE]), tuple(sides[POST]), times[PRE], agents[0])


def injection_of(pair: EchoPair, species: str) -> Injection:
    """Return what was injected, from the sidecar of the first image after it.

    Raises
    ------
    StudyError
        If a key is missing, the agent is unknown, or how much blood the species has is.

    """
    source = pair.post[0]
    injection = Injection(
        pair.agent,
        possible("iron_dose", source, "DoseMgFePerKg"),
        possible("field_t", source, "MagneticFieldStrength"),
        _blood(pair, species),
    )
    try:
        find_agent(injection.agent)
    except InputError as error:
        raise StudyError(f"{source.file.path}: {error}") from error
    return injection


def _blood(pair: EchoPair, species: str) -> Species:
    sidecar = pair.post[0].sidecar
    if _BLOOD_KEY in sidecar.values:
        return Species(
            species, possible("blood_volume", pair.post[0], _BLOOD_KEY), str(sidecar.source)
        )
    kind = known_species(species)
    if kind not in SPECIES:
        raise StudyError(
            f"{sidecar.source}: how much blood {species!r} has is not known; add {_BLOOD_KEY} "
            "(mL/kg), or name the species in participants.tsv"
        )
    return SPECIES[kind]
