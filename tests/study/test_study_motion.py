"""Motion of dynamic series is taken out where a step's settings ask for it, and told."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bodies import ACTIVITY, B0, COARSE, PET, drawn, moved, seen, write, write_body
from scipy.spatial.transform import Rotation
from test_study_pet import KEYS

from biomarkers.bids import Sidecar, parse_name
from biomarkers.errors import SettingsError
from biomarkers.images import Image
from biomarkers.study import STEPS, MeasureSettings, measure, open_study
from biomarkers.study.acquisition import Source
from biomarkers.study.motion import Motions, MotionSettings

SHIFTS = ((0.0, 0.0, 0.0), (0.3, -0.2, 0.0), (1.6, 0.8, 0.4), (2.0, 0.6, -0.5))


def series_of(what, edges, motions, *, factors=None, noise=0.01):
    """A series of the moving body; volumes times some factors."""
    factors = factors or [1.0] * len(motions)
    volumes = [
        factor * seen(what, edges, motion, noise=noise, seed=index).data
        for index, (motion, factor) in enumerate(zip(motions, factors, strict=True))
    ]
    return Image(np.stack(volumes, axis=-1), seen(what, edges).affine, "series")


@pytest.fixture
def scanned(tmp_path):
    """A study with a PET scan of four frames, in the last two of which the body lies elsewhere."""
    body = write_body(tmp_path / "study")
    series = series_of(ACTIVITY, PET, [moved(shift) for shift in SHIFTS])
    frames = {"FrameTimesStart": [3600, 3900, 4200, 4500], "FrameDuration": [300] * 4}
    write(body.raw("00", "pet", "trc-FLT_pet.nii.gz"), series, {**KEYS, **frames})
    write(body.derived("00", "pet", "space-pet_dseg.nii.gz"), drawn(PET))
    return body


def uptake(body, out, **chosen):
    found = measure(body.root, out, settings=MeasureSettings(steps={"pet_uptake": chosen}))
    assert found.failures == ()
    return found.table.set_index(["region", "biomarker"])["value"]


def test_motion_is_a_setting_of_every_dynamic_step() -> None:
    dynamic = {step.name for step in STEPS if issubclass(step.settings, MotionSettings)}
    assert {"dce", "dsc", "pet_kinetics", "pet_uptake"} <= dynamic
    assert MotionSettings().motion == "none"
    with pytest.raises(SettingsError, match=r"expected 'none' \| 'rigid' \| 'affine'"):
        MeasureSettings(steps={"dce": {"motion": "syn"}}).of_steps(STEPS, Path("nowhere"))


def test_frames_are_brought_to_rest_where_asked_for(scanned, tmp_path) -> None:
    truth = uptake_at_rest(scanned, tmp_path)
    moving = uptake(scanned, tmp_path / "moving")
    still = uptake(scanned, tmp_path / "still", motion="rigid")
    key = ("tumor", "SUVmean")
    assert abs(still[key] - truth[key]) < 0.3 * abs(moving[key] - truth[key])
    assert not list((tmp_path / "moving").rglob("*desc-motion*"))
    assert not list((tmp_path / "moving" / "qc").glob("*_motion-*"))
    told = json.loads((tmp_path / "still/qc/sub-01_ses-day00_motion-pet.json").read_text())
    assert told["values"]["voxels"] == pytest.approx(np.linalg.norm(SHIFTS[3]) / 1.6, abs=0.3)
    assert (tmp_path / "still" / "qc" / told["picture"]).stat().st_size > 1000


def uptake_at_rest(body, tmp_path):
    path = body.raw("00", "pet", "trc-FLT_pet.nii.gz")
    before = path.read_bytes()
    still = series_of(ACTIVITY, PET, [moved()] * 4)
    write(path, still)
    found = uptake(body, tmp_path / "rest")
    path.write_bytes(before)
    return found


def test_the_motion_of_every_volume_is_written(scanned, tmp_path) -> None:
    uptake(scanned, tmp_path / "out", motion="rigid")
    (path,) = (tmp_path / "out").rglob("*_desc-motion_timeseries.tsv")
    assert path.name == "sub-01_ses-day00_trc-FLT_acq-pet_desc-motion_timeseries.tsv"
    table = pd.read_csv(path, sep="\t")
    assert list(table["volume"]) == [0, 1, 2, 3]
    shifts = table[["trans_x", "trans_y", "trans_z"]].to_numpy()
    expected = np.array(SHIFTS)
    np.testing.assert_allclose(shifts - shifts[0], expected - expected[0], atol=0.25)
    sidecar = json.loads(path.with_suffix(".json").read_text())
    assert sidecar["trans_x"]["Units"] == "mm"
    assert sidecar["Sources"] == ["sub-01/ses-day00/pet/sub-01_ses-day00_trc-FLT_pet.nii.gz"]


@pytest.fixture
def weighted(tmp_path):
    """Motions of a session, a source, and a series of two shells whose volumes are turned."""
    body = write_body(tmp_path / "study")
    turns = (0.0, 6.0, 0.0, -5.0)
    series = series_of(B0, COARSE, [moved((0.4, 0.0, 0.0), turn) for turn in turns],
                       factors=[1.0, 1.0, 0.35, 0.35], noise=0.002)  # fmt: skip
    path = body.raw("00", "dwi", "dwi.nii.gz")
    write(path, series)
    path.with_name(path.name.replace(".nii.gz", ".bval")).write_text("0 10 1000 1000\n")
    (session,) = open_study(body.root).sessions
    source = Source(parse_name(path), Sidecar({}, path))
    image = source.read(ndim=4)
    return Motions(session), source, image, turns


def test_shells_are_brought_together_and_gradients_turned_back(weighted) -> None:
    motions, source, image, turns = weighted
    still = motions.still(image, source, "rigid")
    for index, factor in ((1, 1.0), (2, 0.35), (3, 0.35)):
        known = np.isfinite(still.data).all(axis=-1)
        before, after = (
            np.abs(series[..., index][known] - factor * series[..., 0][known]).mean()
            for series in (np.asarray(image.data), np.asarray(still.data))
        )
        if turns[index]:
            assert after < 0.7 * before
    (correction,) = motions.corrections.values()
    along = np.tile([1.0, 0.0, 0.0], (4, 1))
    turned = correction.turned(along, image)
    assert np.linalg.norm(turned, axis=1) == pytest.approx(1.0)
    # The affine keeps handedness, so the first axis of FSL runs to the left.
    relative = turned @ turned[0]
    for index, turn in enumerate(turns):
        angle = np.degrees(np.arccos(np.clip(relative[index], -1.0, 1.0)))
        assert angle == pytest.approx(abs(turn), abs=0.7)
    reference = correction.matrices[0][:3, :3]
    back = (reference.T @ correction.matrices[1][:3, :3]).T @ [-1.0, 0.0, 0.0]
    expected = Rotation.from_euler("z", -turns[1], degrees=True).apply([-1.0, 0.0, 0.0])
    np.testing.assert_allclose(back, expected, atol=0.02)


def test_echoes_move_as_the_first_one_does(weighted) -> None:
    motions, source, image, _ = weighted
    first = motions.still(image, source, "rigid")
    later = image.with_data(0.5 * np.asarray(image.data), source="second echo")
    second = motions.still(later, source, "rigid")
    np.testing.assert_allclose(second.data, 0.5 * np.asarray(first.data), rtol=1e-6)
    assert len(motions.corrections) == 1
    assert motions.still(image, source, "none") is image
