"""Small data with known truth, to try a call on: two tables, and curves of DCE-MRI and PET.

Everything is simulated, and the same on every computer. The curves have no noise and come from the
models' solution in closed form, so whoever fits them knows what must come out. For a whole study
of images see `simulate`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from biomarkers.arrays import FloatArray

DCE_TRUTH: Mapping[str, float] = MappingProxyType({"Ktrans": 0.12, "ve": 0.3, "vp": 0.03})
PET_TRUTH: Mapping[str, float] = MappingProxyType(
    {"K1": 0.1, "k2": 0.15, "k3": 0.05, "vB": 0.05, "Ki": 0.025}
)
# Of responders against the others, in natural logarithms of ratios to baseline.
TRUE_EFFECTS: Mapping[tuple[str, int], float] = MappingProxyType(
    {("Ktrans", 3): -0.5, ("Ktrans", 10): -0.7, ("volume", 3): 0.0, ("volume", 10): -0.6}
)

_HCT = 0.42
_ARRIVAL = 20.0  # s
# Concentration in plasma after arrival: amplitudes (they sum to 0: it starts at 0) and rates, 1/s.
_BOLUS = (np.array([12.0, 1.2, -13.2]), np.array([4.0, 0.05, 15.0]) / 60.0)

_RATS = 16
_DAYS = (0, 3, 10)
# At baseline, what a day adds to the logarithm in everyone, and the spread between rats and days.
_BIOMARKERS = {
    "Ktrans": ("1/min", 0.10, 0.0, 0.3, 0.12),
    "volume": ("mm^3", 40.0, 0.09, 0.3, 0.12),
}
_PLAN = (
    'outcome = "responder"',
    "positive = 1",
    "baseline = 0",
    "visits = { 0 = [0], 3 = [3], 10 = [10] }",
    'biomarkers.Ktrans.direction = "lower"',
    "biomarkers.volume = {}",
    "separation.permutations = 999",
)


def measurements() -> pd.DataFrame:
    """Return a measurement table: 16 rats with glioma, Ktrans and volume on days 0, 3 and 10.

    Rats 01 to 08 respond. In them Ktrans falls early and the tumour grows less later: the true
    differences to the others are `TRUE_EFFECTS`.

    Examples
    --------
    >>> from biomarkers import sample_data
    >>> table = sample_data.measurements()
    >>> table.shape
    (96, 6)
    >>> print(table.head(2).to_string(index=False))
    subject  day region biomarker  value  unit
         01  0.0  tumor    Ktrans 0.1510 1/min
         01  3.0  tumor    Ktrans 0.0927 1/min

    """
    # The stream of the newer generators may change between versions of numpy.
    draw = np.random.RandomState(1).standard_normal
    rows = []
    for rat in range(_RATS):
        for biomarker, (unit, level, growth, between, within) in _BIOMARKERS.items():
            own = between * draw()
            for day in _DAYS:
                effect = TRUE_EFFECTS.get((biomarker, day), 0.0) if rat < _RATS // 2 else 0.0
                value = level * np.exp(own + growth * day + effect + within * draw())
                rows.append(
                    (_subject(rat), float(day), "tumor", biomarker, float(f"{value:.3g}"), unit)
                )
    return pd.DataFrame(rows, columns=["subject", "day", "region", "biomarker", "value", "unit"])


def participants() -> pd.DataFrame:
    """Return who the 16 rats of `measurements` are: treatment, response and survival.

    `days_on_study` is the day of death, or where `died` is 0 the last one it was seen alive.

    Examples
    --------
    >>> from biomarkers import sample_data
    >>> people = sample_data.participants()
    >>> people.groupby("responder").died.sum().to_dict()
    {0: 8, 1: 5}

    """
    survived = (38, 52, 60, 45, 60, 33, 57, 60, 24, 31, 19, 40, 27, 22, 35, 29)
    responds = np.arange(_RATS) < _RATS // 2
    treated = responds | (np.arange(_RATS) % 8 < 2)
    return pd.DataFrame(
        {
            "subject": [_subject(rat) for rat in range(_RATS)],
            "group": np.where(treated, "treated", "control"),
            "responder": responds.astype(int),
            "days_on_study": survived,
            "died": (np.array(survived) < 60).astype(int),
        }
    )


def write_study(folder: Path | str, *, subjects: Sequence[str] = ("01", "09")) -> Path:
    """Write rats of `measurements` as a small study on disk (BIDS), to try `study.measure` on.

    Every session has a map of Ktrans and a label map of 4 x 4 x 2 voxels: the mean of the tumour
    and its volume are those of the table. There are a plan and `participants.tsv`, too.

    Parameters
    ----------
    folder
        Gets the study.
    subjects
        Which rats: `01` to `08` respond, `09` to `16` do not.

    Returns
    -------
    Path
        The folder.

    Examples
    --------
    >>> from biomarkers import sample_data, study
    >>> cohort = study.open_study(sample_data.write_study("rats"))
    >>> cohort.subjects, [session.day for session in cohort.sessions]
    (('01', '09'), [0.0, 3.0, 10.0, 0.0, 3.0, 10.0])

    """
    folder = Path(folder)
    maps = folder / "derivatives" / "maps"
    people = participants().set_index("subject").loc[list(subjects)]
    table = measurements().set_index(["subject", "day"])
    ktrans, volume = (table[table["biomarker"] == name]["value"] for name in _BIOMARKERS)
    for subject in subjects:
        rows = [f"ses-day{day:02d}\t{day}" for day in _DAYS]
        _write(folder / f"sub-{subject}/sub-{subject}_sessions.tsv", "session_id\tdays", *rows)
        for day in _DAYS:
            name = f"sub-{subject}_ses-day{day:02d}"
            place = maps / f"sub-{subject}" / f"ses-day{day:02d}" / "dce"
            _write_session(place, name, ktrans[subject, day], volume[subject, day])
    _write(maps / "dseg.tsv", "index\tname", "1\ttumor")
    listed = people.rename(index="sub-{}".format).rename_axis("participant_id")
    listed.to_csv(folder / "participants.tsv", sep="\t")
    _write(folder / "plan.toml", *_PLAN)
    return folder


def dce_curve() -> pd.DataFrame:
    """Return concentrations in plasma and in a tumour after a bolus, every 2 s for 6 minutes.

    The tumour is one of the extended Tofts model with `DCE_TRUTH`; contrast arrives at 20 s.

    Returns
    -------
    DataFrame
        `time` (s), `plasma` and `tissue` (mM).

    Examples
    --------
    >>> from biomarkers import sample_data
    >>> curve = sample_data.dce_curve()
    >>> curve.max().round(2).to_dict()
    {'time': 358.0, 'plasma': 6.45, 'tissue': 0.35}

    """
    time = np.arange(0.0, 360.0, 2.0)
    ktrans, ve, vp = DCE_TRUTH["Ktrans"] / 60.0, DCE_TRUTH["ve"], DCE_TRUTH["vp"]
    tissue = vp * _plasma(time) + ktrans * _convolved(ktrans / ve, time)
    return pd.DataFrame({"time": time, "plasma": _plasma(time), "tissue": tissue})


def pet_input() -> pd.DataFrame:
    """Return what arterial samples would hold: every 2 s for 3 minutes, then every 30 s.

    Returns
    -------
    DataFrame
        `time` (s), `plasma` and `blood` (kBq/mL); the tracer arrives at 20 s.

    Examples
    --------
    >>> from biomarkers import sample_data
    >>> arterial = sample_data.pet_input()
    >>> arterial.iloc[-1].round(2).to_dict()
    {'time': 3600.0, 'plasma': 0.61, 'blood': 0.35}

    """
    time = np.concatenate([np.arange(0.0, 180.0, 2.0), np.arange(180.0, 3601.0, 30.0)])
    plasma = 10.0 * _plasma(time)
    return pd.DataFrame({"time": time, "plasma": plasma, "blood": (1.0 - _HCT) * plasma})


def pet_curves() -> pd.DataFrame:
    """Return time-activity curves of an hour of dynamic PET, without decay, input `pet_input`.

    The tumour traps the tracer (two tissues, irreversible) with `PET_TRUTH`; in muscle it comes
    and goes (one tissue, K1 0.05 mL/min/mL, k2 0.1/min, no blood).

    Returns
    -------
    DataFrame
        `start` and `duration` of the 33 frames (s), `tumor` and `muscle` (kBq/mL, mean of frame).

    Examples
    --------
    >>> from biomarkers import sample_data
    >>> curves = sample_data.pet_curves()
    >>> curves.iloc[-1].round(2).to_dict()
    {'start': 3300.0, 'duration': 300.0, 'tumor': 6.22, 'muscle': 0.65}

    """
    duration = np.repeat([10.0, 30.0, 60.0, 300.0], [12, 6, 5, 10])
    start = np.cumsum(duration) - duration
    fine = np.arange(0.0, start[-1] + duration[-1] + 0.25, 0.5)
    k1, k2, k3 = (PET_TRUTH[name] / 60.0 for name in ("K1", "k2", "k3"))
    free, trapped = (_convolved(rate, fine) for rate in (k2 + k3, 0.0))
    tumor = k1 / (k2 + k3) * (k2 * free + k3 * trapped)
    blood = (1.0 - _HCT) * _plasma(fine)
    tumor = (1.0 - PET_TRUTH["vB"]) * tumor + PET_TRUTH["vB"] * blood
    curves = {"tumor": tumor, "muscle": 0.05 / 60.0 * _convolved(0.1 / 60.0, fine)}
    means = {
        name: 10.0 * _frame_means(fine, curve, start, duration) for name, curve in curves.items()
    }
    return pd.DataFrame({"start": start, "duration": duration, **means})


def _write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _write_session(place: Path, name: str, ktrans: float, volume: float) -> None:
    """Write a map of Ktrans, 1/min, and a label map whose 8 voxels have the volume, mm^3."""
    import nibabel  # noqa: PLC0415  (slow, and for this alone)

    tumor = np.zeros((4, 4, 2))
    tumor[1:3, 1:3] = 1.0
    pattern = np.where(np.indices(tumor.shape).sum(axis=0) % 2, 1.1, 0.9)
    affine = np.diag([*[np.cbrt(volume / tumor.sum())] * 3, 1.0])
    place.mkdir(parents=True)
    for suffix, data in (("dseg", tumor), ("Ktrans", ktrans * pattern)):
        image = nibabel.Nifti1Image(data, affine)
        image.header.set_xyzt_units("mm", "sec")
        nibabel.save(image, place / f"{name}_{suffix}.nii.gz")
    _write(place / f"{name}_Ktrans.json", '{"Units": "1/min"}')


def _subject(rat: int) -> str:
    return f"{rat + 1:02d}"


def _plasma(time: FloatArray) -> FloatArray:
    """Return the bolus in plasma, mM."""
    after = np.clip(time - _ARRIVAL, 0.0, None)[:, None]
    amplitudes, rates = _BOLUS
    return np.asarray(np.exp(-rates * after) @ amplitudes)


def _convolved(rate: float, time: FloatArray) -> FloatArray:
    """Return exp(-rate t) ⊗ plasma, mM s: ∑ a (exp(-m t) - exp(-rate t)) / (rate - m)."""
    after = np.clip(time - _ARRIVAL, 0.0, None)[:, None]
    amplitudes, rates = _BOLUS
    shapes = (np.exp(-rates * after) - np.exp(-rate * after)) / (rate - rates)
    return np.asarray(shapes @ amplitudes)


def _frame_means(
    time: FloatArray, curve: FloatArray, start: FloatArray, duration: FloatArray
) -> FloatArray:
    """Return the mean of a curve, straight between its samples, over each frame."""
    area = np.concatenate([[0.0], np.cumsum(0.5 * (curve[1:] + curve[:-1]) * np.diff(time))])
    ends = np.interp(start + duration, time, area) - np.interp(start, time, area)
    return np.asarray(ends / duration)
