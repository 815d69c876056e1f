"""How much memory does a series take? Peak of a fresh process over the bytes of its float32 series.

Every modality is measured twice: one session of a study on disk (`study.measure`), its series
stored in one of four ways, and the call of a user with a float32 array in memory. What a process
needs before any series is read, imports and compiled code, is that of the same work on a very small
series, and shown apart. Every voxel has signal, which is the worst case: voxels of air are not
worked on.

    python -m benchmarks.memory [--kinds dce dsc ...] [--sizes 0 1] [--stored int16.nii.gz ...]
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import nibabel as nib
import numpy as np

TINY = (12, 12, 4)
SIZES = (((96, 96, 20), 60), ((128, 128, 30), 90))
STORED = ("int16.nii", "int16.nii.gz", "float32.nii", "float32.nii.gz")
ARRAY = "array"
T1, B1, FLIPS, TR = 1.4, 0.95, (3.0, 8.0, 15.0), 0.005
DYNAMIC = {"flip_deg": 15.0, "tr": TR}
TE_DSC, ECHOES = 0.03, (0.004, 0.008, 0.012, 0.016)
REGIONS = {"tumor": 1, "contralateral": 2, "artery": 3}
GRADIENT_ECHO = {"PulseSequenceType": "spoiled gradient echo", "RepetitionTimeExcitation": TR}
PET_KEYS = {
    "Units": "kBq/mL", "TracerName": "FLT", "TracerRadionuclide": "F18", "TimeZero": "10:00:00",
    "InjectedRadioactivity": 20, "InjectedRadioactivityUnits": "MBq", "ScanStart": 0,
    "InjectionStart": 0, "ImageDecayCorrected": True, "ImageDecayCorrectionTime": 0,
}  # fmt: skip


def noisy(curves, shape, seed=0):
    """Series of voxels that have one of two curves (2, T) by turns, and noise: float32."""
    rng = np.random.default_rng(seed)
    kind = np.arange(np.prod(shape)).reshape(shape) % len(curves)
    series = np.asarray(curves, dtype=np.float32)[kind]
    series *= 1.0 + 0.02 * rng.standard_normal(series.shape, dtype=np.float32)
    return series


def regions(shape):
    """Two halves, and an artery in a corner."""
    labels = np.ones(shape, dtype=np.int16)
    labels[shape[0] // 2 :] = REGIONS["contralateral"]
    labels[0, :2, :2] = REGIONS["artery"]
    return labels


def dce_curves(volumes):
    """Times, the curves of two tissues, and that of blood, as signal."""
    from biomarkers import dce  # noqa: PLC0415
    from biomarkers.kinetics import MODELS, Input  # noqa: PLC0415

    time = 3.0 * np.arange(volumes)
    since = np.maximum(time - 24.0, 0.0)
    blood = 3.0 * np.minimum(since / 8, 1) * (0.7 * np.exp(-since / 30) + 0.3)
    tissue = MODELS["extended_tofts"].predict(
        {"Ktrans": [0.1, 0.2], "ve": [0.3, 0.4], "vp": [0.03, 0.05]},
        time,
        Input(time, plasma=blood / 0.58),
    )
    signal = dce.concentration_to_signal(tissue, t10=T1, m0=2000.0, r1=4.0, b1=B1, **DYNAMIC)
    artery = dce.concentration_to_signal(blood[None], t10=1.7, m0=2000.0, r1=4.0, b1=B1, **DYNAMIC)
    return time, signal, artery[0]


def dsc_curves(volumes):
    time = 1.2 * np.arange(volumes)
    since = np.maximum(time - 15.0, 0.0)
    bolus = since / 4.0 * np.exp(1.0 - since / 4.0)
    later = np.maximum(since - 1.0, 0.0)
    tissue = later / 6.0 * np.exp(1.0 - later / 6.0)
    rates = np.array([6.0, 4.0])[:, None] * tissue
    return time, 1000.0 * np.exp(-TE_DSC * rates), 1000.0 * np.exp(-TE_DSC * 30.0 * bolus)


def pet_curves(volumes):
    from biomarkers.kinetics import MODELS, Input  # noqa: PLC0415
    from biomarkers.timing import Frames  # noqa: PLC0415

    length = np.full(volumes, 40.0)
    start = np.concatenate([[0.0], np.cumsum(length)[:-1]])
    knots = np.arange(0.0, start[-1] + 60.0, 5.0)
    since = np.maximum(knots - 10.0, 0.0)
    plasma = 40.0 * since / 20.0 * np.exp(-since / 40.0) + 3.0 * (1 - np.exp(-since / 60.0))
    source = Input(knots, plasma=plasma, blood=plasma)
    rates = {"K1": [0.1, 0.1], "k2": [0.07, 0.12], "vB": [0.05, 0.05]}
    curves = MODELS["1tcm"].predict(rates, Frames(start, length), source)
    return start, length, source, curves


def dwi_curves(volumes):
    b = np.tile([0.0, 250.0, 500.0, 750.0, 1000.0, 1250.0], -(-volumes // 6))[:volumes]
    turn = np.arange(volumes)
    z = (turn + 0.5) / volumes
    flat = np.sqrt(1.0 - z**2)
    g = np.column_stack([flat * np.cos(2.4 * turn), flat * np.sin(2.4 * turn), z])
    return b, g * (b > 0)[:, None], 1000.0 * np.exp(-b * np.array([[0.7e-3], [1.1e-3]]))


class Session:
    """Writes the images of one session."""

    def __init__(self, root, shape, stored):
        kind, _, ending = stored.partition(".")
        self.root, self.shape, self.kind, self.ending = root, shape, kind, f".{ending}"
        self.raw = root / "sub-01" / "ses-day00"

    def write(self, folder, name, data, sidecar=None):
        path = self.raw / folder / f"sub-01_ses-day00_{name}{self.ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        image = nib.Nifti1Image(self.as_stored(data), np.diag([1.0, 1.0, 1.5, 1.0]))
        if self.kind == "int16":
            image.header.set_slope_inter(float(np.abs(data).max()) / 32000.0, 0.0)
        image.header.set_xyzt_units("mm")
        nib.save(image, path)
        if sidecar is not None:
            text = json.dumps(sidecar)
            path.with_name(f"sub-01_ses-day00_{name}.json").write_text(text)
        return path

    def as_stored(self, data):
        if self.kind != "int16":
            return np.asarray(data, dtype=np.float32)
        return np.round(data / (np.abs(data).max() / 32000.0)).astype(np.int16)

    def labels(self):
        place = self.root / "derivatives/maps/sub-01/ses-day00/anat"
        place.mkdir(parents=True)
        image = nib.Nifti1Image(regions(self.shape), np.diag([1.0, 1.0, 1.5, 1.0]))
        image.header.set_xyzt_units("mm")
        nib.save(image, place / "sub-01_ses-day00_dseg.nii.gz")
        rows = [f"{index}\t{name}" for name, index in REGIONS.items()]
        (place.parents[2] / "dseg.tsv").write_text("\n".join(["index\tname", *rows]) + "\n")
        table = "session_id\tdays\tweight_g\nses-day00\t0\t250\n"
        (self.root / "sub-01" / "sub-01_sessions.tsv").write_text(table)
        people = "participant_id\tspecies\nsub-01\tRattus norvegicus\n"
        (self.root / "participants.tsv").write_text(people)


def write_vfa(session, volumes=3):
    from biomarkers.relaxometry import spgr_signal  # noqa: PLC0415

    flips = np.linspace(FLIPS[0], FLIPS[-1], volumes)
    for index, flip in enumerate(flips, start=1):
        signal = spgr_signal(2000.0, T1, tr=TR, flip_deg=flip, b1=B1)
        data = noisy([[signal]], session.shape, seed=index)[..., 0]
        keys = {"FlipAngle": float(flip), **GRADIENT_ECHO}
        session.write("anat", f"flip-{index}_VFA", data, keys)


def write_b1(session):
    short, long = (np.exp(-tr / T1) for tr in (0.01, 0.05))
    angle = np.radians(60.0 * B1)
    cos, sin = np.cos(angle), np.sin(angle)
    rest = 1 - short * long * cos**2
    pair = (1 - long + (1 - short) * long * cos, 1 - short + (1 - long) * short * cos)
    for index, (part, tr) in enumerate(zip(pair, (0.01, 0.05), strict=True), start=1):
        data = noisy([[1000.0 * sin * part / rest]], session.shape, seed=10 + index)[..., 0]
        keys = {**GRADIENT_ECHO, "FlipAngle": 60.0, "RepetitionTimeExcitation": tr}
        session.write("fmap", f"acq-tr{index}_TB1AFI", data, keys)


def write_dce(session, volumes):
    time, curves, artery = dce_curves(volumes)
    series = noisy(curves, session.shape)
    series[regions(session.shape) == REGIONS["artery"]] = artery
    keys = {
        **GRADIENT_ECHO, "FlipAngle": DYNAMIC["flip_deg"], "VolumeTiming": time.tolist(),
        "ContrastAgentRelaxivity": 4.0, "BloodT1": 1.7, "Hematocrit": 0.42,
    }  # fmt: skip
    session.write("perf", "dce", series, keys)
    write_vfa(session)
    write_b1(session)


def write_dsc(session, volumes):
    time, curves, artery = dsc_curves(volumes)
    series = noisy(curves, session.shape)
    series[regions(session.shape) == REGIONS["artery"]] = artery
    session.write("perf", "dsc", series, {"EchoTime": TE_DSC, "VolumeTiming": time.tolist()})


def write_pet(session, volumes):
    start, length, source, curves = pet_curves(volumes)
    times = {"FrameTimesStart": start.tolist(), "FrameDuration": length.tolist()}
    path = session.write("pet", "trc-FLT_pet", noisy(curves, session.shape), PET_KEYS | times)
    columns = ["time", "whole_blood_radioactivity", "plasma_radioactivity"]
    rows = zip(source.time, source.blood, source.plasma, strict=True)
    lines = ["\t".join(columns), *("\t".join(map(str, row)) for row in rows)]
    blood = path.with_name("sub-01_ses-day00_trc-FLT_recording-manual_blood.tsv")
    blood.write_text("\n".join(lines) + "\n")
    units = {name: {"Units": "s" if name == "time" else "kBq/mL"} for name in columns}
    blood.with_suffix(".json").write_text(json.dumps(units))


def write_dwi(session, volumes):
    b, g, curves = dwi_curves(volumes)
    path = session.write("dwi", "dwi", noisy(curves, session.shape), {})
    stem = path.with_name("sub-01_ses-day00_dwi")
    stem.with_suffix(".bval").write_text(" ".join(f"{each:g}" for each in b) + "\n")
    rows = [" ".join(f"{each:.6f}" for each in row) + "\n" for row in g.T]
    stem.with_suffix(".bvec").write_text("".join(rows))


def write_iron(session, volumes=0):
    for when, rate in (("pre", 30.0), ("post", 50.0)):
        for index, te in enumerate(ECHOES, start=1):
            data = noisy([[1000.0 * np.exp(-te * rate)]], session.shape, seed=index)[..., 0]
            keys = {"EchoTime": te, "DoseMgFePerKg": 10.0, "MagneticFieldStrength": 7.0}
            session.write("anat", f"acq-{when}_ce-P904_echo-{index}_MEGRE", data, keys)


def call_dce(shape, volumes):
    from biomarkers import dce  # noqa: PLC0415
    from biomarkers.kinetics import Input  # noqa: PLC0415

    time, curves, artery = dce_curves(volumes)
    series = noisy(curves, shape)
    mask = regions(shape) == REGIONS["artery"]
    series[mask] = artery
    how = {**DYNAMIC, "r1": 4.0, "b1": B1}
    yield series
    source = dce.measured_input(series, time, mask, t10_blood=1.7, hct=0.42, **how)
    assert isinstance(source, Input)
    dce.maps(series, time, t10=np.full(shape, T1), input=source, **how)


def call_dsc(shape, volumes):
    from biomarkers import cbv  # noqa: PLC0415

    time, curves, artery = dsc_curves(volumes)
    series = noisy(curves, shape)
    mask = regions(shape) == REGIONS["artery"]
    series[mask] = artery
    yield series
    source = cbv.dsc_input(series, time, te=TE_DSC, artery=mask)
    cbv.dsc(series, time, te=TE_DSC, input=source)


def call_pet(shape, volumes):
    from biomarkers import pet  # noqa: PLC0415
    from biomarkers.images import Image  # noqa: PLC0415
    from biomarkers.timing import Frames  # noqa: PLC0415

    start, length, source, curves = pet_curves(volumes)
    image = Image(noisy(curves, shape), np.eye(4), "simulated", unit="kBq/mL")
    yield image.data
    scan = pet.Scan(image, Frames(start, length), pet.nuclide("F18"))
    pet.maps(scan, source, model="logan")


def call_dwi(shape, volumes):
    from biomarkers import dwi  # noqa: PLC0415

    b, _, curves = dwi_curves(volumes)
    series = noisy(curves, shape)
    yield series
    dwi.adc(series, b)


def call_vfa(shape, volumes=3):
    from biomarkers.relaxometry import spgr_signal, t1_vfa  # noqa: PLC0415

    flips = np.linspace(FLIPS[0], FLIPS[-1], volumes)
    series = noisy(spgr_signal(2000.0, T1, tr=TR, flip_deg=flips)[None], shape)
    yield series
    t1_vfa(series, flip_deg=flips, tr=TR)


def call_echoes(shape, volumes=0):
    from biomarkers.relaxometry import r2_multi_echo  # noqa: PLC0415

    te = np.array(ECHOES)
    series = noisy(1000.0 * np.exp(-te * 30.0)[None], shape)
    yield series
    r2_multi_echo(series, te=te, echo="gradient")


WRITERS = {
    "dce": write_dce, "dsc": write_dsc, "pet": write_pet, "dwi": write_dwi,
    "vfa": lambda session, volumes: write_vfa(session), "echoes": write_iron,
}  # fmt: skip
CALLS = {
    "dce": call_dce, "dsc": call_dsc, "pet": call_pet, "dwi": call_dwi,
    "vfa": lambda shape, volumes: call_vfa(shape), "echoes": call_echoes,
}  # fmt: skip
VOLUMES = {"vfa": len(FLIPS), "echoes": 2 * len(ECHOES)}


def high_water():
    """Return the largest resident memory this process ever had, bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


def work(kind, stored, shape, volumes, folder):
    """Do the work in this process and print its peak, and its CPU time."""
    begun = os.times()
    if stored == ARRAY:
        steps = CALLS[kind](shape, volumes)
        series = next(steps)
        Path("/proc/self/clear_refs").write_text("5")  # the peak from here on
        for _ in steps:
            pass
        del series
    else:
        from biomarkers import study  # noqa: PLC0415

        settings = study.MeasureSettings(jobs=1, steps={"pet_uptake": {"window": [1500.0, 2400.0]}})
        begun = os.times()
        measured = study.measure(folder / "study", folder / "out", settings=settings)
        assert not measured.failures, measured.failures
    ended = os.times()
    seconds = ended.user - begun.user + ended.system - begun.system
    print(json.dumps([high_water(), seconds]))


def fresh(kind, stored, shape, volumes):
    """Return the peak, bytes, and the CPU time of a fresh process."""
    folder = Path(tempfile.mkdtemp(prefix="memory-"))
    try:
        if stored != ARRAY:
            session = Session(folder / "study", shape, stored)
            WRITERS[kind](session, volumes)
            session.labels()
        case = json.dumps([kind, stored, shape, volumes, str(folder)])
        command = [sys.executable, "-m", "benchmarks.memory", "--case", case]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
        return json.loads(done.stdout.splitlines()[-1])
    finally:
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", nargs="+", default=list(WRITERS))
    parser.add_argument("--sizes", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--stored", nargs="+", default=[*STORED, ARRAY])
    parser.add_argument("--case", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        kind, stored, shape, volumes, folder = json.loads(options.case)
        work(kind, stored, tuple(shape), volumes, Path(folder))
        return
    print(f"{'':8}{'series':>22}{'stored':>16}{'start':>8}{'peak':>9}{'x series':>10}{'CPU':>8}")
    for kind in options.kinds:
        for stored in options.stored:
            base, _ = fresh(kind, stored, TINY, SIZES[0][1])
            for shape, volumes in (SIZES[each] for each in options.sizes):
                count = VOLUMES.get(kind, volumes)
                series = 4 * int(np.prod(shape)) * count
                peak, seconds = fresh(kind, stored, shape, volumes)
                size = "x".join(map(str, (*shape, count)))
                print(
                    f"{kind:8}{size:>22}{stored:>16}{base >> 20:>6} M{peak >> 20:>7} M"
                    f"{(peak - base) / series:>10.2f}{seconds:>7.1f}s",
                    flush=True,
                )


if __name__ == "__main__":
    main()
