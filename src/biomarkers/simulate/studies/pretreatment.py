"""Three cohorts whose response to radiotherapy is to be foretold from images before treatment.

Of publications come how many patients took part, how many clinical variables and features the
final model held, and how many were held out; nothing else. What tells of the response, and how
much, is chosen, and so is every look of a lesion: these cohorts show what a way of evaluating
makes of a known truth, not what is true of patients.
"""

import itertools
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from biomarkers.simulate.declaration import Declaration
from biomarkers.simulate.elements import Course, Group, Outcome, Trait, Visit
from biomarkers.simulate.studies.lesion_scan import SUFFIX, Frame, scan_t1, scene, truth

# Mean and standard deviation of the hidden response.
_RESPONSE = (0.5, 0.3)
_OUTCOME = Outcome(
    name="local progression",
    column="progression_days",
    event_column="progression",
    without_response=90.0,
    gain=1.5,
    luck=0.2,
    horizon=180,
    end=540,
)

# Median over patients, and standard deviation of the logarithm between them; chosen.
_LOOKS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "volume": (1500.0, 0.6),
        "enhancement": (0.25, 0.25),
        "rim": (1.8, 0.20),
        "rim_width": (2.5, 0.30),
        "heterogeneity": (0.18, 0.35),
        "grain": (1.8, 0.30),
    }
)
_TEXTURE = ("heterogeneity", "grain", "rim")

_METASTASES = Frame(
    shape=(60, 60, 24),
    voxel_mm=(1.5, 1.5, 2.0),
    half_mm=42.0,
    places=((-18.0, -18.0, 0.0), (18.0, 18.0, 0.0), (-18.0, 18.0, 0.0), (18.0, -18.0, 0.0)),
    jitter_mm=2.5,
    most_mm3=6000.0,
)
_GLIOBLASTOMA = Frame(
    shape=(48, 48, 20),
    voxel_mm=(2.0, 2.0, 2.5),
    half_mm=45.0,
    places=((12.0, 6.0, 0.0),),
    jitter_mm=5.0,
    most_mm3=32000.0,
)

BANDS = tuple("".join(band) for band in itertools.product("lh", repeat=3))
_WAVELETS = tuple(f"wavelet_coif1_{band}" for band in BANDS)
_WAVELETS_BY_LEVEL = _WAVELETS + tuple(
    f"{name}_level{level}" for level in (2, 3) for name in _WAVELETS
)

_RADIOMICS = """\
# Features of every lesion before treatment: biomarkers radiomics FOLDER OUT
title = "{title}"

[measure.radiomics]
image = "{image}"
bins = 32
normalise = "zscore"
filters = [{filters}]
"""
_PREDICT = """\
# biomarkers predict OUT/measurements.tsv FOLDER/participants.tsv --plan FOLDER/predict.toml --out P
[predict]
outcome = "responder"
site = "scanner"
model = "{model}"
univariate = {columns}
repeats = 2
permutations = 19

[predict.blocks]
clinical = [{clinical}]
volume = ["morph_volume"]
"""
_README = """\
Before radiotherapy a T1-weighted image after contrast agent (anat) and the lesions as drawn on it
(derivatives/segmentation) were made, on one of two scanners. Lesions of a patient share the
patient's look and outcome, with a spread of their own. Clinical variables: {clinical}.
"""
_USAGE = (
    "biomarkers radiomics FOLDER OUT",
    "biomarkers predict OUT/measurements.tsv FOLDER/participants.tsv --plan FOLDER/predict.toml "
    "--out P",
)


def _whole(low: float, high: float, step: int = 1) -> Any:
    """Return how a number is written: in steps, within limits."""
    return lambda value: int(min(max(step * round(value / step), low), high))


def _number(
    description: str,
    mean: float,
    spread: float,
    told: float,
    limits: tuple[float, float],
    *,
    unit: str = "",
    step: int = 1,
) -> Trait:
    """Return a number; `told`: its departure at one more spread of response, in spreads."""
    return Trait(
        description=description,
        draw=lambda rng: rng.normal(mean, spread),
        unit=unit,
        effect=told * spread / _RESPONSE[1],
        written=_whole(*limits, step=step),
    )


def _age(told: float) -> Trait:
    return _number("age", 61.0, 10.0, told, (25, 88), unit="year")


def _kps(told: float) -> Trait:
    return _number("Karnofsky performance status", 80.0, 12.0, told, (40, 100), unit="%", step=10)


_LESIONS = Trait(
    description="number of lesions",
    draw=lambda rng: int(rng.choice([1, 2, 3, 4], p=[0.20, 0.25, 0.25, 0.30])),
)
_SCANNER = Trait(
    description="scanner",
    draw=lambda rng: str(rng.choice(["A", "B"], p=[0.6, 0.4])),
    levels={"A": "sharper, less noise", "B": "more blur, more noise, less gain"},
)


def _declaration(  # noqa: PLR0913 (what the three differ in)
    name: str,
    title: str,
    *,
    subjects: int,
    traits: Mapping[str, Trait],
    told: Mapping[str, float],
    filters: tuple[str, ...],
    model: str,
    columns: int,
    volume_mm3: float = _LOOKS["volume"][0],
    frame: Frame = _METASTASES,
    regions: tuple[str, ...] = ("lesion1", "lesion2", "lesion3", "lesion4"),
) -> Declaration:
    """Return a cohort; `told`: departure of a look at one more spread of response, in spreads."""
    starts = {look: start for look, (start, _) in _LOOKS.items()} | {"volume": volume_mm3}
    courses = {
        look: Course(
            start=starts[look],
            between=spread,
            within=0.0,
            effect={0: told[look] * spread / _RESPONSE[1]} if look in told else {},
        )
        for look, (_, spread) in _LOOKS.items()
    }
    numbers = tuple(each for each, trait in traits.items() if trait.effect)
    texture = tuple(each for each in _TEXTURE if each in told)
    clinical = ", ".join(f'"{each}"' for each in traits)
    return Declaration(
        name=name,
        title=title,
        subjects=subjects,
        noun="patients",
        groups={"radiotherapy": Group(description="radiotherapy", response=_RESPONSE)},
        visits=(Visit(label="day00", day=0),),
        courses=courses,
        outcome=_OUTCOME,
        traits={**traits, "scanner": _SCANNER},
        region=regions[0],
        regions={region: label for label, region in enumerate(regions, start=1)},
        readme=_README.format(clinical=", ".join(traits)),
        plan=_RADIOMICS.format(
            title=title, image=SUFFIX, filters=", ".join(f'"{each}"' for each in filters)
        ),
        files={"predict.toml": _PREDICT.format(model=model, columns=columns, clinical=clinical)},
        usage=_USAGE,
        oracle={
            "clinical": numbers,
            "volume": ("volume",),
            "texture": texture,
            "all": (*numbers, "volume", *texture),
        },
        scene=partial(scene, frame),
        scans={"T1w": scan_t1},
        truth=truth,
    )


METASTASES_SVM = _declaration(
    "metastases-svm",
    "Simulated brain metastases before radiotherapy, 256 patients",
    subjects=256,
    traits={
        "age": _age(-0.15),
        "kps": _kps(0.30),
        "lesions": _LESIONS,
        "extracranial": Trait(
            description="disease outside the brain",
            draw=lambda rng: int(rng.random() < 0.5),
            levels={"0": "no", "1": "yes"},
        ),
        "months": _number("since the primary was found", 24, 10, 0.20, (0, 80), unit="month"),
    },
    told={"volume": -0.30, "heterogeneity": -0.35, "grain": 0.25, "rim": -0.25},
    filters=("original", "log_3mm", "wavelet_coif1"),
    model="svm_rbf",
    columns=10,
)

METASTASES_FOREST = _declaration(
    "metastases-forest",
    "Simulated brain metastases before radiotherapy, 87 patients",
    subjects=87,
    traits={"age": _age(-0.15), "kps": _kps(0.25), "lesions": _LESIONS},
    told={"volume": -0.20, "heterogeneity": -0.25, "grain": 0.20},
    filters=("original", "log_3mm", *_WAVELETS),
    model="forest",
    columns=12,
)

GLIOBLASTOMA_SPLIT = _declaration(
    "glioblastoma-split",
    "Simulated glioblastoma before radiotherapy, 125 patients",
    subjects=125,
    traits={
        "age": _age(-0.30),
        "kps": _kps(0.25),
        "sex": Trait(
            description="sex",
            draw=lambda rng: str(rng.choice(["F", "M"])),
            levels={"F": "female", "M": "male"},
        ),
        "resection": _number("share resected", 75, 15, 0.25, (0, 100), unit="%"),
        "interval": _number("from surgery to radiotherapy", 30, 7, 0.0, (10, 70), unit="d"),
        "dexamethasone": _number("daily dose", 6, 3, 0.0, (0, 24), unit="mg"),
    },
    told={"volume": -0.20, "heterogeneity": -0.35, "grain": 0.25, "rim": -0.25},
    filters=("original", "log_2mm", "log_3mm", "log_5mm", *_WAVELETS_BY_LEVEL),
    model="logistic",
    columns=27,
    volume_mm3=11000.0,
    frame=_GLIOBLASTOMA,
    regions=("tumor",),
)
