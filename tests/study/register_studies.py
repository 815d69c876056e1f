"""Small studies of one session each, every file of which may hold a quantity in another unit."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd
import test_study_bolus
import test_study_dwi
import test_study_iron_oxide
import test_study_pet
import test_study_pet_kinetics
from bids_of_known_truth import SmallStudy, filled, write, write_session
from test_study_dynamic import T2STAR, TIME, TURBO, add_series, turboflash, with_t2star

from biomarkers.errors import InputError
from biomarkers.study import MeasureSettings, measure

Spoil = Callable[[Path, float], None]


@dataclass(frozen=True)
class Kind:
    """A study: what writes it, what it is measured with, and what its rows are called."""

    name: str
    write: Callable[[SmallStudy], object]
    settings: MeasureSettings
    species: str = "rattus norvegicus"


def build(kind: Kind, root: Path) -> None:
    """Write a study of one session."""
    write_session(root, "00")
    (root / "sub-01" / "sub-01_sessions.tsv").write_text("session_id\tdays\nses-day00\t0\n")
    names = "index\tname\n1\ttumor\n2\tcontralateral\n3\tartery\n"
    (root / "derivatives" / "maps" / "dseg.tsv").write_text(names)
    kind.write(SmallStudy(root))
    table = root / "sub-01" / "sub-01_sessions.tsv"
    kept = [line for line in table.read_text().splitlines() if "day07" not in line]
    table.write_text("\n".join(kept) + "\n")
    (root / "participants.tsv").write_text(f"participant_id\tspecies\nsub-01\t{kind.species}\n")


def _alone(study: SmallStudy, *kept: str) -> None:
    """Remove the images of other steps."""
    for path in [*study.root.rglob("*.nii.gz"), *study.root.rglob("sub-*.json")]:
        if not any(each in path.name for each in (*kept, "dseg")):
            path.unlink()


def _dynamic(study: SmallStudy, signal: Any, keys: dict[str, Any]) -> None:
    add_series(study, signal, keys)
    _alone(study, "dce", "T1map")
    maps = study.root / "derivatives/maps/sub-01/ses-day00"
    write(maps / "fmap/sub-01_ses-day00_TB1map.nii.gz", np.ones_like(filled({})), {"Units": ""})
    since = np.maximum(TIME - 21.0, 0.0)
    plasma = 5.0 * np.minimum(since / 6, 1) * (0.6 * np.exp(-since / 30) + 0.4)
    lines = [f"{t}\t{c}" for t, c in zip(TIME, plasma, strict=True)]
    (study.root / "input.tsv").write_text("\n".join(["time\tplasma", *lines]) + "\n")


def _relaxation(study: SmallStudy) -> None:
    _alone(study, "VFA", "TB1AFI")
    for path in study.root.rglob("*TB1AFI.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"MagneticFieldStrength": 7.0}))


def _iron(study: SmallStudy) -> None:
    _alone(study, "ADC")
    place = test_study_iron_oxide.Place(study, "00")
    cbv, volume, radius = (
        test_study_iron_oxide.cbv,
        test_study_iron_oxide.VOLUME,
        test_study_iron_oxide.RADIUS,
    )
    chi, adc = test_study_iron_oxide.CHI, test_study_iron_oxide.ADC
    said = {**test_study_iron_oxide.SAID, "BloodVolumePerKg": 64.0}
    rise = cbv.delta_r2s(filled(volume), **chi)
    test_study_iron_oxide.write_train(place, "MEGRE", test_study_iron_oxide.TE, rise, said)
    rise = cbv.delta_r2(filled(volume), filled(radius), filled(adc), **chi)
    test_study_iron_oxide.write_train(place, "MESE", test_study_iron_oxide.SPIN_TE, rise, said)


def _bolus(study: SmallStudy) -> None:
    _alone(study)
    test_study_bolus.add(study, "00")


def _diffusion(study: SmallStudy) -> None:
    _alone(study)
    test_study_dwi.add(study)


def _uptake(study: SmallStudy) -> None:
    _alone(study)
    test_study_pet.add_scan(study)


def _kinetics(study: SmallStudy) -> None:
    _alone(study)
    path = test_study_pet_kinetics.add_scan(study)
    test_study_pet_kinetics.add_blood(path)
    sidecar = path.with_name(path.name.replace(".nii.gz", ".json"))  # of which the SUV is near 1
    sidecar.write_text(json.dumps(json.loads(sidecar.read_text()) | {"InjectedRadioactivity": 1.0}))


def _steps(**steps: Any) -> MeasureSettings:
    return MeasureSettings(steps=steps)


_1TCM = {"model": "1tcm", "parent": 1.0}
KINDS = {
    each.name: each
    for each in (
        Kind("turboflash", partial(_dynamic, signal=turboflash, keys=TURBO), _steps()),
        Kind("gradient echo", partial(_dynamic, signal=with_t2star, keys=T2STAR), _steps()),
        Kind("input", partial(_dynamic, signal=turboflash, keys=TURBO),
             _steps(dce={"input": "input.tsv"})),
        Kind("relaxation", _relaxation, _steps()),
        Kind("iron", _iron, _steps()),
        Kind("bolus", _bolus, _steps()),
        Kind("diffusion", _diffusion, _steps()),
        Kind("uptake", _uptake, _steps()),
        Kind("kinetics", _kinetics, _steps(pet_kinetics=_1TCM,
                                           pet_uptake={"window": [1500.0, 3600.0]})),
    )
}  # fmt: skip


def measured(root: Path, kind: Kind) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Measure a study; what failed is a refusal."""
    out = root.parent / f"{root.name} out"
    shutil.rmtree(out, ignore_errors=True)
    done = measure(root, out, settings=kind.settings)
    if done.failures:
        raise InputError("; ".join(failure.reason for failure in done.failures))
    cards = [json.loads(path.read_text()) for path in sorted((out / "qc").glob("*.json"))]
    return done.table, cards


# Ways to change files


def key(pattern: str, *names: str) -> Spoil:
    """Multiply keys of the sidecars that a pattern finds."""

    def spoil(root: Path, factor: float) -> None:
        for path in sorted(root.rglob(pattern)):
            said = json.loads(path.read_text())
            for name in names:
                said[name] = (np.asarray(said[name]) * factor).tolist()
            path.write_text(json.dumps(said))

    return spoil


def voxels(pattern: str) -> Spoil:
    """Multiply the values of the images that a pattern finds."""

    def spoil(root: Path, factor: float) -> None:
        for path in sorted(root.rglob(pattern)):
            write(path, np.asarray(nib.load(path).dataobj) * factor)

    return spoil


def numbers(pattern: str) -> Spoil:
    """Multiply the numbers of the text files that a pattern finds."""

    def spoil(root: Path, factor: float) -> None:
        for path in sorted(root.rglob(pattern)):
            words = path.read_text().split()
            path.write_text(" ".join(repr(float(each) * factor) for each in words) + "\n")

    return spoil


def column(pattern: str, *names: str) -> Spoil:
    """Multiply columns of the tables that a pattern finds."""

    def spoil(root: Path, factor: float) -> None:
        for path in sorted(root.rglob(pattern)):
            head, *rows = (line.split("\t") for line in path.read_text().splitlines())
            for row in rows:
                for name in names:
                    row[head.index(name)] = repr(float(row[head.index(name)]) * factor)
            path.write_text("\n".join("\t".join(line) for line in (head, *rows)) + "\n")

    return spoil


def several(*spoils: Spoil) -> Spoil:
    """Change several files."""

    def spoil(root: Path, factor: float) -> None:
        for each in spoils:
            each(root, factor)

    return spoil


@dataclass(frozen=True)
class Way:
    """A file of a study that holds a quantity.

    Parameters
    ----------
    quantity
        In the register.
    study
        Name of its kind.
    place
        What holds it.
    spoil
        Multiplies it.
    named
        What the message has to name: a regular expression.
    untouched
        What biomarkers begin with that do not depend on it.

    """

    quantity: str
    study: str
    place: str
    spoil: Spoil
    named: str
    untouched: tuple[str, ...] = ()


_GIVEN = ("T1", "B1")
_UPTAKE = ("SUV", "TBR", "MTV", "TLG")


def _of_key(study: str, pattern: str, untouched: tuple[str, ...], **keys: str) -> Iterator[Way]:
    """Yield a way for each key, by its name; `named` is the key or the argument it becomes."""
    for name, quantity in keys.items():
        argument = _ARGUMENTS.get(name, name)
        said = rf"{name}|\b{argument} is|what actual flip-angle"
        yield Way(quantity, study, f"{name} of {pattern}", key(pattern, name), said, untouched)


_ARGUMENTS = {
    "RepetitionTimeExcitation": "tr", "EchoTime": "te", "FlipAngle": "flip_deg",
    "SaturationDelay": "prep_time", "ContrastAgentRelaxivityR2star": "r2s",
    "Hematocrit": "haematocrit",
    "ContrastAgentRelaxivity": "r1", "BloodT1": "t10_blood", "DoseMgFePerKg": "dose_mg_fe_kg",
    "MagneticFieldStrength": "field_t(esla)?", "InjectedRadioactivity": ".*dose",
    "VolumeTiming": "time, from .*", "BloodVolumePerKg": "blood_ml_per_kg.*",
}  # fmt: skip
_FRAMES = key("*_pet.json", "FrameTimesStart", "FrameDuration", "ScanStart")
_SAMPLED = column("*_blood.tsv", "time")
_ACTIVITIES = column("*_blood.tsv", "whole_blood_radioactivity", "plasma_radioactivity")
_TIMES = key("*_dce.json", "VolumeTiming")
WAYS = (
    *_of_key("turboflash", "*_dce.json", _GIVEN,
             VolumeTiming="series_span", FlipAngle="flip_deg", SaturationDelay="saturation_delay",
             RepetitionTimeExcitation="train_tr", ContrastAgentRelaxivity="r1",
             Hematocrit="haematocrit", BloodT1="blood_t1"),
    Way("T1", "turboflash", "T1map", voxels("*_T1map.nii.gz"), "t10 is|T1 is"),
    Way("B1", "turboflash", "TB1map", voxels("*_TB1map.nii.gz"), "b1 is|B1 is", ("T1",)),
    *_of_key("gradient echo", "*_dce.json", _GIVEN,
             RepetitionTimeExcitation="tr", FlipAngle="flip_deg", EchoTime="te",
             ContrastAgentRelaxivityR2star="r2", VolumeTiming="series_spacing"),
    Way("plasma_peak", "input", "plasma", column("input.tsv", "plasma"), "input, at its", _GIVEN),
    Way("series_span", "input", "its time", column("input.tsv", "time"), "input ends|the scan ends",
        _GIVEN),
    Way("series_span", "input", "all times", several(column("input.tsv", "time"), _TIMES),
        "VolumeTiming|time, from", _GIVEN),
    *_of_key("relaxation", "*_VFA.json", ("B1",), FlipAngle="flip_deg",
             RepetitionTimeExcitation="tr"),
    *_of_key("relaxation", "*_TB1AFI.json", (), FlipAngle="flip_deg",
             RepetitionTimeExcitation="tr", MagneticFieldStrength="field_t"),
    *_of_key("iron", "*_MEGRE.json", ("ADC",), EchoTime="te", DoseMgFePerKg="iron_dose",
             MagneticFieldStrength="field_t", BloodVolumePerKg="blood_volume"),
    *_of_key("iron", "*_MESE.json", ("ADC",), EchoTime="spin_te"),
    Way("ADC", "iron", "ADC map", voxels("*_ADC.nii.gz"), "(adc|ADC) is"),
    *_of_key("bolus", "*_dsc.json", (), EchoTime="bolus_te", VolumeTiming="bolus_span"),
    Way("b_value", "diffusion", "b-values", numbers("*_dwi.bval"), r"dwi\.bval, at its largest"),
    *_of_key("uptake", "*_pet.json", (), InjectedRadioactivity="injected_dose"),
    Way("body_weight", "uptake", "weight_g", column("sub-01_sessions.tsv", "weight_g"), "weight"),
    Way("activity", "uptake", "image", voxels("*_pet.nii.gz"), "activity is|image holds"),
    Way("scan_end", "uptake", "frames", _FRAMES, "_pet"),
    Way("frame_duration", "kinetics", "frames", _FRAMES, "_pet|the longest frame|input ends"),
    Way("activity", "kinetics", "image", voxels("*_pet.nii.gz"), "activity"),
    Way("activity", "kinetics", "blood", _ACTIVITIES, "activity", _UPTAKE),
    Way("scan_end", "kinetics", "blood", _SAMPLED, "input (ends|begins)", _UPTAKE),
    Way("scan_end", "kinetics", "frames and blood", several(_FRAMES, _SAMPLED),
        "the longest frame|end of the scan|_pet"),
)  # fmt: skip
