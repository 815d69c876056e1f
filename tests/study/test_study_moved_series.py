"""Moved dynamic series give, at rest again, what they would have given without motion."""

import json
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from benchmarks.dsc_curves import TE, artery, signal
from benchmarks.dsc_curves import TIME as BOLUS_TIME
from benchmarks.dsc_curves import Tissue as Perfused
from bodies import COARSE, PARTS, PET, TUMOR, drawn, moved, shares, write, write_body
from scipy.spatial.transform import Rotation
from test_study_dynamic import AGENT
from test_study_pet import KEYS
from test_study_pet_kinetics import KNOTS, LENGTH, PLASMA, START, add_blood

from biomarkers import dce
from biomarkers.bids import Sidecar, parse_name
from biomarkers.errors import ProblemsError
from biomarkers.images import Image
from biomarkers.kinetics import MODELS, Input
from biomarkers.study import MeasureSettings, measure, open_study
from biomarkers.study.acquisition import Source
from biomarkers.study.motion import Motions
from biomarkers.timing import Frames

ARTERY = 3
COARSER = (1.1, 1.1, 1.4)
JERK = moved((1.3, -0.9, 0.6), turn=4.0)
# The body is round about an axis: flattened, so that every turn of it shows.
FLAT = np.diag([1.0, 1.0, 0.7, 1.0])


@pytest.fixture(autouse=True)
def without_pictures(monkeypatch):
    """Nothing here looks at those of maps and curves, and they take longest."""
    for name in ("session.map_panels", "steps.dce.curve_panels", "steps.dce.quality_panels"):
        monkeypatch.setattr(f"biomarkers.study.{name}", lambda *_: b"")


@pytest.fixture
def body(tmp_path):
    """A study without anything to measure yet."""
    body = write_body(tmp_path / "study")
    body.raw("00", "anat", "T2w.nii.gz").unlink()
    body.derived("00", "anat", "space-T2w_dseg.nii.gz").unlink()
    names = "index\tname\n1\ttumor\n2\tmuscle\n3\tartery\n"
    (body.root / "derivatives" / "maps" / "dseg.tsv").write_text(names)
    return body


def filmed(curves, edges, motions, noise=0.003):
    """A series of the body, whose parts have curves, (parts, T), and which lies elsewhere."""
    shape = (*shares(edges).shape[1:], len(motions))
    noisy = np.random.default_rng(0).normal(scale=noise * np.max(curves), size=shape)
    for index, motion in enumerate(motions):
        parts = shares(edges, motion)[1:]
        noisy[..., index] += np.tensordot(np.asarray(curves)[:, index], parts, axes=1)
    return Image(noisy, regions(edges).affine, "series")


class Film(NamedTuple):
    """Curves of the parts of the body, and when it lies elsewhere."""

    curves: list
    edges: tuple
    elsewhere: np.ndarray
    within: float = 0.3  # degrees

    def series(self, *, moves):
        poses = [JERK if away and moves else np.eye(4) for away in self.elsewhere]
        return filmed(self.curves, self.edges, poses)


def regions(edges):
    labels = drawn(edges)
    return Image(labels.data, FLAT @ labels.affine, "regions")


def with_artery(edges):
    labels = regions(edges)
    labels.data[shares(edges)[ARTERY + 1] > 0.95] = ARTERY
    return labels


def measured(body, out, step, **chosen):
    done = measure(body.root, out, settings=MeasureSettings(steps={step: chosen}))
    assert done.failures == ()
    return done.table.set_index(["region", "biomarker"])["value"]


def compare(body, tmp_path, path, film, step, key, **chosen):
    """Return how far a value is off as it moved, and at rest again; files are checked."""
    rest, moving = film.series(moves=False), film.series(moves=True)
    values = {}
    for name, series, motion in (("rest", rest, "none"), ("moving", moving, "none"),
                                 ("still", moving, "rigid")):  # fmt: skip
        write(path, series)
        values[name] = measured(body, tmp_path / name, step, motion=motion, **chosen)[key]
    (table,) = (tmp_path / "still").rglob("*_desc-motion_timeseries.tsv")
    degrees = pd.read_csv(table, sep="\t")["degrees"]
    assert degrees[film.elsewhere].median() == pytest.approx(4.0, abs=film.within)
    assert degrees[~film.elsewhere].median() < film.within
    sidecar = json.loads(table.with_suffix(".json").read_text())
    assert sidecar["Sources"] == [str(path.relative_to(body.root))]
    suffix = path.name.removesuffix(".nii.gz").split("_")[-1]
    card = json.loads((tmp_path / f"still/qc/sub-01_ses-day00_motion-{suffix}.json").read_text())
    assert card["values"]["degrees"] == pytest.approx(degrees.max())
    assert not list((tmp_path / "moving").rglob("*desc-motion*"))
    return abs(values["moving"] / values["rest"] - 1.0), abs(values["still"] / values["rest"] - 1.0)


def test_ktrans_of_a_moved_series(body, tmp_path) -> None:
    time = 4.0 * np.arange(40)
    since = np.maximum(time - 22.0, 0.0)
    plasma = 5.0 * np.minimum(since / 8, 1) * (0.6 * np.exp(-since / 30) + 0.4)
    source = Input(time, plasma=plasma)
    ktrans, t10 = (0.05, 0.2, 0.02, 0.1), (1.4, 1.8, 1.0, 2.0)
    scan = {"tr": 0.006, "flip_deg": 20.0, "r1": 4.0}
    frames = Frames.instants(time)
    curves = [
        dce.concentration_to_signal(
            MODELS["extended_tofts"].predict({"Ktrans": k, "kep": k / 0.3, "vp": 0.03},
                                             frames, source),
            t10=t1, m0=700.0, **scan)
        for k, t1 in zip(ktrans, t10, strict=True)
    ]  # fmt: skip
    still = Image(np.tensordot(t10, shares(COARSER)[1:], axes=1) + shares(COARSER)[0],
                  regions(COARSER).affine, "T1")  # fmt: skip
    write(body.derived("00", "anat", "T1map.nii.gz"), still, {"Units": "s"})
    write(body.derived("00", "perf", "space-dce_dseg.nii.gz"), regions(COARSER))
    path = body.raw("00", "perf", "dce.nii.gz")
    sidecar = {**AGENT, "FlipAngle": 20.0, "RepetitionTimeExcitation": 0.006,
               "VolumeTiming": time.tolist()}  # fmt: skip
    film = Film(curves, COARSER, (np.arange(40) >= 20) & (np.arange(40) < 32))
    write(path, film.series(moves=False), sidecar)
    lines = [f"{t}\t{c}" for t, c in zip(time, plasma, strict=True)]
    (body.root / "input.tsv").write_text("\n".join(["time\tplasma", *lines]) + "\n")
    moving, rest = compare(body, tmp_path, path, film, "dce", ("tumor", "Ktrans"),
                           input="input.tsv")  # fmt: skip
    assert rest < 0.2 * moving


def test_blood_volume_of_a_moved_bolus(body, tmp_path) -> None:
    source = artery(again=True)
    curves = [signal(Perfused(cbf, cbv).curve(source), te=TE)
              for cbf, cbv in ((45.0, 0.03), (75.0, 0.06), (20.0, 0.02))]  # fmt: skip
    curves.append(signal(0.12 * source_on(source), te=TE))
    write(body.derived("00", "perf", "space-dsc_dseg.nii.gz"), with_artery(COARSER))
    path = body.raw("00", "perf", "dsc.nii.gz")
    film = Film(curves, COARSER, np.arange(BOLUS_TIME.size) >= 13)
    sidecar = {"EchoTime": TE, "VolumeTiming": BOLUS_TIME.tolist()}
    write(path, film.series(moves=False), sidecar)
    moving, rest = compare(body, tmp_path, path, film, "dsc", ("tumor", "CBV"))
    assert rest < 0.5 * moving, (rest, moving)


def source_on(source):
    return np.interp(BOLUS_TIME, source.time, source.blood)


def test_volume_of_distribution_of_a_moved_scan(body, tmp_path) -> None:
    frames, source = Frames(START, LENGTH), Input(KNOTS, plasma=PLASMA, blood=PLASMA)
    curves = [MODELS["1tcm"].predict({"K1": 0.1, "k2": 0.1 / vt, "vB": 0.0}, frames, source)
              for vt in (1.0, 2.5, 0.5, 0.7)]  # fmt: skip
    write(body.derived("00", "pet", "space-pet_dseg.nii.gz"), regions(PET))
    path = body.raw("00", "pet", "trc-FLT_pet.nii.gz")
    times = {"FrameTimesStart": START.tolist(), "FrameDuration": LENGTH.tolist(), "ScanStart": 0}
    film = Film(curves, PET, np.arange(LENGTH.size) >= 20, within=1.2)
    write(path, film.series(moves=False), {**KEYS, **times})
    add_blood(path)
    moving, rest = compare(body, tmp_path, path, film, "pet_kinetics", ("tumor", "VT"),
                           model="1tcm", parent=1.0)  # fmt: skip
    assert rest < 0.3 * moving, (rest, moving)


# Diffusion: directions of the fibre and of gradients, as FSL has them where the affine keeps
# handedness: the first axis runs to the left.
FIBRE = np.array([0.8, 0.6, 0.0])
TENSOR = 0.3e-3 * np.eye(3) + 1.4e-3 * np.outer(FIBRE, FIBRE)
TO_LEFT = np.array([-1.0, 1.0, 1.0])
B = np.array([0.0, 0.0, *[1000.0] * 16])
TURNS = np.array([0.0, 0.0, *np.tile([0.0, 12.0], 8)])


def directions(count):
    z = (np.arange(count) + 0.5) / count
    turn, radius = 2.4 * np.arange(count), np.sqrt(1.0 - z**2)
    return np.column_stack([radius * np.cos(turn), radius * np.sin(turn), z])


GRADIENTS = np.vstack([np.zeros((2, 3)), directions(16)])


@pytest.fixture
def fibres(body):
    """Add a series of a fibre through the tumour, the body turned in half of its volumes."""
    curves = np.array([[values[1]] * B.size for *_, values in PARTS])
    for k, (b, g, degrees) in enumerate(zip(B, GRADIENTS, TURNS, strict=True)):
        turn = Rotation.from_euler("z", degrees, degrees=True).as_matrix()
        scanner = turn @ (TENSOR * np.outer(TO_LEFT, TO_LEFT)) @ turn.T
        along = g * TO_LEFT
        curves[:, k] *= np.exp(-b * 0.7e-3)
        curves[TUMOR, k] = PARTS[TUMOR][2][1] * np.exp(-b * along @ scanner @ along)
    path = body.raw("00", "dwi", "dwi.nii.gz")
    write(path, filmed(curves, COARSE, [moved(turn=each) for each in TURNS], noise=0.001), {})
    stem = path.name.removesuffix(".nii.gz")
    path.with_name(f"{stem}.bval").write_text(" ".join(f"{b:g}" for b in B) + "\n")
    rows = "\n".join(" ".join(f"{g:.8f}" for g in row) for row in GRADIENTS.T)
    path.with_name(f"{stem}.bvec").write_text(rows + "\n")
    labels = regions(COARSE)
    labels.data[shares(COARSE)[TUMOR + 1] < 0.99] = 0
    write(body.derived("00", "dwi", "space-dwi_dseg.nii.gz"), labels)
    return path


def fibre_of(signal, gradients):
    """The first axis of the tensor of a mean signal, by least squares of logarithms."""
    x, y, z = gradients.T
    terms = np.stack([x * x, y * y, z * z, 2 * x * y, 2 * x * z, 2 * y * z], -1)
    rates = -np.log(signal[2:] / signal[:2].mean()) / B[2:]
    xx, yy, zz, xy, xz, yz = np.linalg.lstsq(terms[2:], rates, rcond=None)[0]
    return np.linalg.eigh([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])[1][:, -1]


def test_gradients_are_turned_with_the_volumes(body, fibres) -> None:
    (session,) = open_study(body.root).sessions
    motions, source = Motions(session), Source(parse_name(fibres), Sidecar({}, fibres))
    still = motions.still(source.read(ndim=4), source, "rigid")
    (correction,) = motions.corrections.values()
    turned = correction.turned(GRADIENTS, still)
    inside = (regions(COARSE).data == 1) & (shares(COARSE)[TUMOR + 1] > 0.99)
    signal = np.asarray(still.data)[inside].mean(axis=0)
    off = {name: np.degrees(np.arccos(abs(fibre_of(signal, g) @ FIBRE))) for name, g in
           (("turned", turned), ("as they were", GRADIENTS),
            ("the wrong way", 2 * GRADIENTS - turned))}  # fmt: skip
    assert off["turned"] < 1.0 < 4.0 < off["as they were"] < off["the wrong way"]


def test_anisotropy_of_a_turned_series(body, fibres, tmp_path) -> None:
    def anisotropy(motion):
        rows = measured(body, tmp_path / motion, "dwi", models=["tensor"], motion=motion)
        return rows["tumor", "FA"]

    low, axis = 0.3e-3, 1.7e-3
    mean = (axis + 2 * low) / 3
    truth = np.sqrt(1.5 * ((axis - mean) ** 2 + 2 * (low - mean) ** 2) / (axis**2 + 2 * low**2))
    assert abs(anisotropy("rigid") - truth) < 0.4 * abs(anisotropy("none") - truth)
    (table,) = (tmp_path / "rigid").rglob("*_desc-motion_timeseries.tsv")
    degrees = pd.read_csv(table, sep="\t")["degrees"].to_numpy()
    # Against the reference of the lowest shell, whichever shell a volume is of.
    np.testing.assert_allclose(degrees, TURNS, atol=0.7)


def test_one_series_is_at_rest_in_every_step_or_in_none(body, tmp_path) -> None:
    frames = {"FrameTimesStart": START.tolist(), "FrameDuration": LENGTH.tolist(), "ScanStart": 0}
    curves = np.ones((len(PARTS), len(LENGTH)))
    path = body.raw("00", "pet", "trc-FLT_pet.nii.gz")
    write(path, filmed(curves, PET, [np.eye(4)] * len(LENGTH)), {**KEYS, **frames})
    write(body.derived("00", "pet", "space-pet_dseg.nii.gz"), regions(PET))
    add_blood(path)
    steps = {"pet_kinetics": {"model": "1tcm", "parent": 1.0, "motion": "affine"},
             "pet_uptake": {"window": [1500.0, 3600.0], "motion": "rigid"}}  # fmt: skip
    with pytest.raises(ProblemsError, match=r"motion is 'rigid' in \[measure\.pet_uptake\] and"):
        measure(body.root, tmp_path / "out", settings=MeasureSettings(steps=steps))
