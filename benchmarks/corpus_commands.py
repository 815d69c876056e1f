"""Damage of studies, tables, plans and results as the command line gets them."""

import gzip
import json
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np

from biomarkers.images import Image, write_image
from biomarkers.relaxometry import spgr_signal

_SHAPE = (6, 6, 2)
_FLIPS, _TR = (3.0, 8.0, 15.0), 0.01
_DAYS = ("00", "07")
_Damage = Callable[[Path], object]
_VFA = "sub-01/ses-day00/anat/sub-01_ses-day00_flip-1_VFA.nii.gz"
_ADC = "derivatives/maps/sub-01/ses-day00/dwi/sub-01_ses-day00_ADC.nii.gz"
_SEG = "derivatives/maps/sub-01/ses-day00/anat/sub-01_ses-day00_dseg.nii.gz"
_DWI = "sub-01/ses-day07/dwi/sub-01_ses-day07_dwi"
_NAMES, _SESSIONS = "derivatives/maps/dseg.tsv", "sub-01/sub-01_sessions.tsv"

DONE, PART, REFUSED = 0, 1, 2
_PLAN = """outcome = "responder"
positive = 1
baseline = 0
[visits]
0 = [0]
7 = [7]
[biomarkers.ADC]
change = "percent"
[separation]
permutations = 199
"""


@dataclass(frozen=True)
class Command:
    """A command, what is done to its input before, and the exit status it should end with.

    What looks odd and is none is `alike`: the table must be that of the sound study.
    """

    command: str
    name: str
    damage: _Damage
    expected: int = REFUSED
    alike: bool = False


def _write(path: Path, values: np.ndarray, sidecar: dict[str, object] | None = None) -> None:
    grid = Image(np.zeros(_SHAPE), np.diag([0.5, 0.5, 1.0, 1.0]), "corpus")
    write_image(path, values, like=grid)
    if sidecar:
        path.with_name(path.name.replace(".nii.gz", ".json")).write_text(json.dumps(sidecar))


def write_study(root: Path) -> None:
    """Write a subject of two days: variable flip angles, a given ADC or diffusion, two regions."""
    labels = np.zeros(_SHAPE)
    labels[1:3, 1:5], labels[3:5, 1:5] = 1, 2
    for day in _DAYS:
        stem = f"sub-01_ses-day{day}"
        raw = root / "sub-01" / f"ses-day{day}"
        derived = root / "derivatives/maps/sub-01" / f"ses-day{day}"
        for number, flip in enumerate(_FLIPS, 1):
            keys = {"FlipAngle": flip, "RepetitionTimeExcitation": _TR,
                    "PulseSequenceType": "spoiled gradient echo"}  # fmt: skip
            signal = spgr_signal(100.0, 1.4 + 0.2 * labels, tr=_TR, flip_deg=flip)
            _write(raw / "anat" / f"{stem}_flip-{number}_VFA.nii.gz", signal, keys)
        _write(derived / "anat" / f"{stem}_dseg.nii.gz", labels)
    _write(root / _ADC, 1e-3 + 1e-4 * labels, {"Units": "mm2/s"})
    bvals = np.array([0.0, 500.0, 1000.0, 1000.0])
    series = 100.0 * np.exp(-bvals * 1e-3) * np.ones((*_SHAPE, 1))
    _write(root / f"{_DWI}.nii.gz", series, {"EchoTime": 0.05})
    (root / f"{_DWI}.bval").write_text("0 500 1000 1000\n")
    (root / f"{_DWI}.bvec").write_text("0 1 0 0\n0 0 1 0\n0 0 0 1\n")
    (root / _SESSIONS).write_text("session_id\tdays\nses-day00\t0\nses-day07\t7\n")
    (root / "participants.tsv").write_text("participant_id\tgroup\nsub-01\ttreated\n")
    (root / _NAMES).write_text("index\tname\n1\ttumor\n2\tmuscle\n")


def write_analysis(folder: Path) -> None:
    """Write a table of eight subjects, who they are, and a plan."""
    folder.mkdir()
    rows = [f"{subject}\t{day}\tADC\t{1 + subject % 2 * day / 50 + subject / 100}\tmm^2/s"
            for subject in range(8) for day in (0, 7)]  # fmt: skip
    (folder / "m.tsv").write_text("\n".join(["subject\tday\tbiomarker\tvalue\tunit", *rows]) + "\n")
    people = [f"sub-{subject}\t{subject % 2}" for subject in range(8)]
    (folder / "p.tsv").write_text("\n".join(["participant_id\tresponder", *people]) + "\n")
    (folder / "plan.toml").write_text(_PLAN)


def _cut(place: str, at: int) -> _Damage:
    return lambda root: (root / place).write_bytes((root / place).read_bytes()[:at])


def _with(place: str, content: bytes | str) -> _Damage:
    given = content.encode() if isinstance(content, str) else content
    return lambda root: (root / place).write_bytes(given)


def _changed(place: str, old: str, new: str) -> _Damage:
    def damage(root: Path) -> None:
        text = (root / place).read_text()
        if old not in text:
            raise AssertionError(f"{place} does not hold {old!r}")
        (root / place).write_text(text.replace(old, new))

    return damage


def _header(place: str, at: int, kind: str, *values: float) -> _Damage:
    def damage(root: Path) -> None:
        content = bytearray(gzip.decompress((root / place).read_bytes()))
        struct.pack_into(f"<{kind}", content, at, *values)
        (root / place).write_bytes(gzip.compress(bytes(content), mtime=0))

    return damage


def _voxels(
    place: str, change: Callable[[np.ndarray], np.ndarray], kind: type = np.float32
) -> _Damage:
    def damage(root: Path) -> None:
        image = nib.load(root / place)
        values = change(image.get_fdata()).astype(kind)
        nib.save(nib.Nifti1Image(values, image.affine), root / place)

    return damage


def _keys(place: str, **changes: object) -> _Damage:
    def damage(root: Path) -> None:
        path = root / place.replace(".nii.gz", ".json")
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return damage


def _link(place: str, target: str) -> _Damage:
    def damage(root: Path) -> None:
        (root / place).unlink()
        (root / place).symlink_to(target)

    return damage


def _pipe(root: Path) -> None:
    (root / _VFA).unlink()
    os.mkfifo(root / _VFA)


def _folder(root: Path) -> None:
    (root / _VFA).unlink()
    (root / _VFA).mkdir()


def _fill(value: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda data: np.full_like(data, value)


_MEASURE: dict[str, _Damage] = {
    "VFA cut at byte 10": _cut(_VFA, 10),
    "VFA less its last 20 bytes": _cut(_VFA, -20),
    "VFA less its last byte": _cut(_VFA, -1),
    "ADC less its last 9 bytes": _cut(_ADC, -9),
    "dseg less its last 5 bytes": _cut(_SEG, -5),
    "VFA is text": _with(_VFA, "hello"),
    "VFA is a link that leads nowhere": _link(_VFA, "/nowhere/at/all"),
    "VFA is a link to itself": _link(_VFA, Path(_VFA).name),
    "VFA is a link to a device": _link(_VFA, "/dev/zero"),
    "VFA is a pipe": _pipe,
    "VFA is a folder": _folder,
    "VFA, dim 32767^3": _header(_VFA, 40, "8h", 3, 32767, 32767, 32767, 1, 1, 1, 1),
    "VFA, xyzt_units 255": _header(_VFA, 123, "B", 255),
    "VFA, units of metres": _header(_VFA, 123, "B", 1),
    "VFA of four dimensions": _voxels(_VFA, lambda d: np.stack([d, d], -1)),
    "dseg with halves": _voxels(_SEG, lambda d: d / 2),
    "dseg with NaN": _voxels(_SEG, lambda d: np.where(d == 0, np.nan, d)),
    "dseg negative": _voxels(_SEG, lambda d: -d),
    "dseg of four dimensions": _voxels(_SEG, lambda d: np.stack([d, d], -1)),
    "sidecar is no JSON": _with(_VFA.replace("nii.gz", "json"), "{not"),
    "sidecar empty": _with(_VFA.replace("nii.gz", "json"), ""),
    "sidecar is a list": _with(_VFA.replace("nii.gz", "json"), "[1]"),
    "sidecar 100 000 deep": _with(_VFA.replace("nii.gz", "json"), "[" * 100_000),
    "sidecar in UTF-16": _with(_VFA.replace("nii.gz", "json"), "{}".encode("utf-16")),
    "flip angle 10^400": _keys(_VFA, FlipAngle=10**400),
    "flip angle text": _keys(_VFA, FlipAngle="5"),
    "flip angle true": _keys(_VFA, FlipAngle=True),
    "flip angle a list": _keys(_VFA, FlipAngle=[5]),
    "TR negative": _keys(_VFA, RepetitionTimeExcitation=-0.01),
    "TR in ms": _keys(_VFA, RepetitionTimeExcitation=10),
    "ADC in kg": _keys(_ADC, Units="kg"),
    "ADC units a list": _keys(_ADC, Units=["mm2/s"]),
    "ADC units of 10 000 letters": _keys(_ADC, Units="m" * 10_000),
    "bval lacks a volume": _with(f"{_DWI}.bval", "0 500 1000\n"),
    "bval of words": _with(f"{_DWI}.bval", "0 five 1000 1000\n"),
    "bval empty": _with(f"{_DWI}.bval", ""),
    "bval negative": _with(f"{_DWI}.bval", "0 -500 1000 1000\n"),
    "bval 1e999": _with(f"{_DWI}.bval", "0 500 1e999 1000\n"),
    "bvec of length 3": _with(f"{_DWI}.bvec", "0 3 0 0\n0 0 3 0\n0 0 0 3\n"),
    "bvec of two lines": _with(f"{_DWI}.bvec", "0 1 0 0\n0 0 1 0\n"),
    "dseg.tsv empty": _with(_NAMES, ""),
    "dseg.tsv with commas": _with(_NAMES, "index,name\n1,tumor\n2,muscle\n"),
    "dseg.tsv, index of 5000 digits": _with(_NAMES, f"index\tname\n{'1' * 5000}\ttumor\n"),
    "dseg.tsv, index with decimals": _with(_NAMES, "index\tname\n1.0\ttumor\n"),
    "dseg.tsv, a quotation mark left open": _with(_NAMES, 'index\tname\n1\t"tumor\n2\tmuscle\n'),
    "dseg.tsv with a null byte": _with(_NAMES, "index\tname\n1\ttu\0mor\n"),
    "sessions empty": _with(_SESSIONS, ""),
    "sessions, day in words": _changed(_SESSIONS, "\t7", "\tseven"),
    "sessions, day 1e999": _changed(_SESSIONS, "\t7", "\t1e999"),
    "sessions, day 1_0": _changed(_SESSIONS, "\t7", "\t1_0"),
    "sessions, day 0x10": _changed(_SESSIONS, "\t7", "\t0x10"),
    "sessions with commas": _with(_SESSIONS, "session_id,days\nses-day00,0\nses-day07,7\n"),
    "participants twice the same": _changed("participants.tsv", "sub-01", "sub-01\tx\nsub-01"),
}
_ALIKE: dict[str, _Damage] = {
    "dseg.tsv in UTF-16": _with(_NAMES, "index\tname\n1\ttumor\n2\tmuscle\n".encode("utf-16")),
    "sessions with CRLF and byte order mark": _with(
        _SESSIONS, "\ufeffsession_id\tdays\r\nses-day00\t0\r\nses-day07\t7\r\n"
    ),
    "a file of macOS beside an image": _with(
        _VFA.replace("sub-01_ses-day00_flip", "._sub-01_ses-day00_flip"), b"\0\5\x16"
    ),
}
_MEASURED: dict[str, tuple[_Damage, int]] = {
    "VFA all NaN": (_voxels(_VFA, _fill(np.nan)), PART),
    "VFA all 0": (_voxels(_VFA, _fill(0.0)), PART),
    "VFA infinite": (_voxels(_VFA, _fill(np.inf)), PART),
    "VFA negative": (_voxels(_VFA, lambda d: -d), PART),
    "VFA 1e300": (_voxels(_VFA, _fill(1e300), float), PART),
    "ADC all NaN": (_voxels(_ADC, _fill(np.nan)), PART),
    # Flagged in their rows, with the reason.
    "ADC of another unit": (_voxels(_ADC, lambda d: d * 1e6), DONE),
    "ADC 1e300": (_voxels(_ADC, _fill(1e300), float), DONE),
    "dseg all 0": (_voxels(_SEG, _fill(0.0)), PART),
    "dseg.tsv in Latin-1": (_with(_NAMES, "index\tname\n1\ttümor\n2\tm\n".encode("latin-1")), DONE),
    "a region called =cmd()": (_changed(_NAMES, "tumor", "=cmd()"), DONE),
}  # fmt: skip
_ANALYSE: dict[str, _Damage] = {
    "table empty": _with("m.tsv", ""),
    "table, header alone": _with("m.tsv", "subject\tday\tbiomarker\tvalue\tunit\n"),
    "table is binary": _with("m.tsv", bytes(range(256)) * 8),
    "table, 20 000 columns": _with("m.tsv", "\t".join(map(str, range(20_000))) + "\n"),
    "table, value in words": _changed("m.tsv", "0\t0\tADC\t1.0", "0\t0\tADC\tone"),
    "table, value 1e999": _changed("m.tsv", "0\t0\tADC\t1.0", "0\t0\tADC\t1e999"),
    "table, decimal comma": _changed("m.tsv", "0\t0\tADC\t1.0", "0\t0\tADC\t1,0"),
    "table, a measurement twice": _changed("m.tsv", "1\t7\tADC", "1\t0\tADC"),
    "table, two units": _changed("m.tsv", "0\t0\tADC\t1.0\tmm^2/s", "0\t0\tADC\t1.0\tkg"),
    "table, day missing": _changed("m.tsv", "1\t7\tADC", "1\t\tADC"),
    "participants empty": _with("p.tsv", ""),
    "participants, nobody of the table": _changed("p.tsv", "sub-", "sub-x"),
    "participants twice": _changed("p.tsv", "sub-1\t1\n", "sub-1\t1\nsub-1\t0\n"),
    "participants without outcome": _changed("p.tsv", "responder", "answer"),
    "participants, one class": _changed("p.tsv", "\t0", "\t1"),
    "plan empty": _with("plan.toml", ""),
    "plan is YAML": _with("plan.toml", "outcome: responder\n"),
    "plan in UTF-16": _with("plan.toml", _PLAN.encode("utf-16")),
    "plan, lists 100 000 deep": _with("plan.toml", "outcome = " + "[" * 100_000),
    "plan, 10^400 permutations": _changed("plan.toml", "199", f"1{'0' * 400}"),
    "plan, 10^9 permutations": _changed("plan.toml", "199", "1000000000"),
    "plan, integer of 5000 digits": _changed("plan.toml", "199", "1" * 5000),
    "plan, outcome is a call": _changed("plan.toml", '"responder"', "\"__import__('os')\""),
    "plan, a key twice": _changed("plan.toml", "199", "199\npermutations = 5"),
    "plan, unknown key": _changed("plan.toml", "permutations", "permutation"),
    "exclusions with other columns": _with("exclusions.tsv", "a\tb\n1\t2\n"),
    "exclusions empty": _with("exclusions.tsv", ""),
}
_REPORT: dict[str, _Damage] = {
    f"results/{name} {how}": damage
    for name in ("separation.csv", "changes.csv", "tables.json", "earliest.json", "analysis.json")
    for how, damage in {
        "empty": _with(f"results/{name}", ""),
        "cut": _cut(f"results/{name}", 60),
        "is binary": _with(f"results/{name}", bytes(range(256)) * 8),
        "is a list": _with(f"results/{name}", "[1, 2]"),
        "is null": _with(f"results/{name}", "null"),
        "100 000 deep": _with(f"results/{name}", "[" * 100_000),
        "is a list of lists": _with(f"results/{name}", "[[1]]"),
        "is an object": _with(f"results/{name}", '{"a": 1}'),
        "missing": lambda root, name=name: (root / "results" / name).unlink(),
    }.items()
    if (name, how) != ("tables.json", "missing")  # results of older versions have none
} | {
    "results/changes.csv, text for a number": _changed("results/changes.csv", ",1.01,", ",1.O1,"),
    "results/changes.csv, a visit that the plan lacks": _changed(
        "results/changes.csv", ",7,", ",8,"
    ),
    "results/analysis.json, no plan": _changed("results/analysis.json", '"plan"', '"plans"'),
    "results/analysis.json, plan without visits": _changed(
        "results/analysis.json", '"visits"', '"visit"'
    ),
    "results/tables.json, a table above": _changed(
        "results/tables.json", '"changes"', '"../../changes"'
    ),
    "results/tables.json, an unknown kind": _changed("results/tables.json", '"truth"', '"odd"'),
}

COMMANDS = (
    *(Command("measure", name, damage) for name, damage in _MEASURE.items()),
    *(Command("measure", name, *case) for name, case in _MEASURED.items()),
    *(Command("measure", name, damage, DONE, alike=True) for name, damage in _ALIKE.items()),
    *(Command("analyse", name, damage) for name, damage in _ANALYSE.items()),
    *(Command("report", name, damage) for name, damage in _REPORT.items()),
)
