"""What could go wrong unseen where labels are brought to images: each of it is told, or is none."""

import json
import shutil

import numpy as np
import pytest
from bodies import (
    ACTIVITY,
    ADC,
    COARSE,
    FINE,
    PET,
    T2W,
    TUMOR_ADC,
    drawn,
    moved,
    seen,
    write,
    write_body,
)
from spectra_of_known_truth import LEVELS, TISSUE, water_signal
from spectra_of_known_truth import write_study as write_spectra
from test_study_motion import series_of
from test_study_registration import MOTION, add_adc, card, measured, store
from tests.images.heads import head

from biomarkers.bids import Sidecar, parse_name
from biomarkers.errors import ProblemsError
from biomarkers.images import Image, load_transform, read_image
from biomarkers.study import MeasureSettings, measure, open_study
from biomarkers.study.acquisition import Source
from biomarkers.study.motion import Motions


@pytest.fixture
def body(tmp_path):
    return write_body(tmp_path / "study")


def session_of(body):
    (session,) = open_study(body.root).sessions
    return session


def tumour(rows):
    return rows.loc[("tumor", "ADC"), "value"]


def test_a_deformation_is_kept_and_read_again(body, tmp_path) -> None:
    add_adc(body)
    first = measured(body, tmp_path / "out", kind="syn").loc[0.0]
    assert tumour(first) == pytest.approx(TUMOR_ADC, rel=0.02)
    name = "sub-01_ses-day00_from-T2w_to-ADC_mode-image_xfm.nii.gz"
    (path,) = (tmp_path / "out").rglob(name)
    assert load_transform(path).field.shape == (*seen(ADC, COARSE).shape, 3)
    shutil.copy(path, body.derived("00", "anat", "from-T2w_to-ADC_mode-image_xfm.nii.gz"))
    again = measured(body, tmp_path / "again", transforms="stored").loc[0.0]
    assert tumour(again) == pytest.approx(tumour(first), rel=1e-3)
    volume = card(tmp_path / "again", "register-adc")["values"]["volume_tumor"]
    assert volume == pytest.approx(1.0, abs=0.05)


def test_images_are_compared_in_the_brain(body, tmp_path) -> None:
    image, brain = head("rodent", "T2w", fine=2.0)
    labels = np.where(brain, 1.0, 0.0)
    write(body.raw("00", "anat", "T2w.nii.gz"), image)
    write(body.derived("00", "anat", "space-T2w_dseg.nii.gz"), Image(labels, image.affine, "brain"))
    # The same head, a little later: only the header says where, and it is a little wrong.
    shift = moved((0.8, -0.6, 0.5), turn=3.0)
    noise = np.random.default_rng(1).normal(scale=20.0, size=image.shape)
    again = Image(1e-3 * np.abs(image.data + noise), shift @ image.affine, "T1")
    write(body.derived("00", "anat", "T1map.nii.gz"), again, {"Units": "s"})
    out = tmp_path / "out"
    settings = MeasureSettings(steps={"register": {"mask": "brain"}})
    assert measure(body.root, out, settings=settings).failures == ()
    (path,) = out.rglob("*_from-T2w_to-T1map_mode-image_xfm.txt")
    found = load_transform(path).matrix @ shift
    assert np.abs(found @ [0.0, 0.0, 0.0, 1.0] - [0.0, 0.0, 0.0, 1.0]).max() < 0.05
    mask = "the brain of derivatives/maps/sub-01/ses-day00/anat/sub-01_ses-day00_T1map.nii.gz"
    assert json.loads(path.with_suffix(".json").read_text())["Mask"] == mask
    assert f"Compared within {mask}." in card(out, "register-t1map")["caption"]
    assert str(tmp_path) not in card(out, "register-t1map")["caption"]


def test_a_mask_of_a_part_is_not_where_images_are_compared(body, tmp_path) -> None:
    add_adc(body)
    image = seen(ADC, COARSE, MOTION)
    part = np.zeros(image.shape)
    part[12:14, 10:12, 7:9] = 1.0
    write(body.derived("00", "dwi", "label-tumor_mask.nii.gz"), Image(part, image.affine, "part"))
    rows = measured(body, tmp_path / "out").loc[0.0]
    assert tumour(rows) == pytest.approx(TUMOR_ADC, rel=0.02)
    assert "Compared within" not in card(tmp_path / "out", "register-adc")["caption"]


def test_of_two_masks_that_of_the_brain_is_taken_or_none(body, tmp_path) -> None:
    add_adc(body)
    image = seen(ADC, COARSE, MOTION)
    whole = Image((image.data > 0.3e-3).astype(float), image.affine, "head")
    for name in ("desc-brain", "desc-other", "desc-third"):
        write(body.derived("00", "dwi", f"{name}_mask.nii.gz"), whole)
    measured(body, tmp_path / "out")
    assert "desc-brain_mask" in card(tmp_path / "out", "register-adc")["caption"]
    body.derived("00", "dwi", "desc-brain_mask.nii.gz").unlink()
    done = measure(body.root, tmp_path / "two", settings=MeasureSettings(steps={"register": {}}))
    assert "two masks on one grid" in done.failures[0].reason


def test_a_transform_whose_names_fit_no_image_is_named(body, tmp_path) -> None:
    add_adc(body)
    store(body, "from-T2w_to-adc", np.linalg.inv(MOTION))
    measured(body, tmp_path / "out")
    notes = card(tmp_path / "out", "notes")["caption"]
    assert "from-T2w_to-adc_mode-image_xfm.txt is not used: no image to be measured" in notes
    assert "called adc, only ADC, T2w" in notes


def test_another_day_has_one_image_that_labels_are_brought_to(tmp_path) -> None:
    body = write_body(tmp_path / "study", days=("00", "07"))
    place = body.raw("07", "anat", "T2w.nii.gz")
    place.unlink()
    write(body.raw("07", "anat", "acq-a_T2w.nii.gz"), seen(T2W, COARSE, MOTION, noise=0.02))
    write(body.raw("07", "anat", "acq-b_T2w.nii.gz"), seen(T2W, FINE, MOTION, noise=0.02))
    add_adc(body, MOTION, day="07")
    with pytest.raises(ProblemsError, match=r"several images of sub-01 ses-day07.*acq-a.*acq-b"):
        measured(body, tmp_path / "out", session="day00")
    write(place, seen(T2W, FINE, MOTION, noise=0.02))  # named as on the first day
    row = measured(body, tmp_path / "out", session="day00").loc[(7.0, "tumor", "ADC")]
    assert row["value"] == pytest.approx(TUMOR_ADC, rel=0.02)


def test_estimated_transforms_of_an_earlier_run_are_not_taken_as_stored(body) -> None:
    add_adc(body)
    first = measured(body, body.root)
    (path,) = body.root.rglob("*_xfm.txt")
    table, text = (body.root / "measurements.tsv").read_bytes(), path.read_bytes()
    second = measured(body, body.root)
    assert (body.root / "measurements.tsv").read_bytes() == table
    assert path.read_bytes() == text
    assert tumour(first.loc[0.0]) == tumour(second.loc[0.0])


def test_regions_outside_the_field_of_view_have_no_value(body, tmp_path) -> None:
    image = seen(ADC, COARSE)
    cut = Image(image.data[14:], image.affine.copy(), "cut")
    cut.affine[:3, 3] = image.affine[:3, :3] @ [14, 0, 0] + image.affine[:3, 3]
    write(body.derived("00", "dwi", "ADC.nii.gz"), cut, {"Units": "mm2/s"})
    store(body, "from-T2w_to-ADC", np.eye(4))
    rows = measured(body, tmp_path / "out").loc[0.0]
    lost = rows.loc["tumor"].filter(like="ADC", axis=0)
    assert lost["value"].isna().all()
    assert set(lost["qc"]) <= {"fail", "warn"}
    assert "no part of it lies on the grid" in " ".join(lost["reason"])
    told = card(tmp_path / "out", "register-adc")
    assert told["status"] == "warn"
    assert "Tumor: no part of it lies on the grid." in told["caption"]


@pytest.mark.parametrize("axes", [(2, 0, 1), (1, 0, 2)])
def test_the_order_and_direction_of_axes_do_not_matter(body, tmp_path, axes) -> None:
    image = seen(ADC, COARSE, MOTION)
    flipped = np.diag([-1.0, 1.0, -1.0, 1.0])
    flipped[[0, 2], 3] = np.array(image.shape)[[0, 2]] - 1
    order = [*axes, 3]
    turned = Image(np.transpose(image.data[::-1, :, ::-1], axes),
                   (image.affine @ flipped)[:, order], "turned")  # fmt: skip
    write(body.derived("00", "dwi", "ADC.nii.gz"), turned, {"Units": "mm2/s"})
    rows = measured(body, tmp_path / "out").loc[0.0]
    assert tumour(rows) == pytest.approx(TUMOR_ADC, rel=0.02)


def test_one_slice_that_is_missing_in_part_is_registered(body, tmp_path) -> None:
    image = seen(ADC, COARSE, moved((0.9, -0.7, 0.0)))
    place = moved((0.0, 0.0, 8.0))  # voxels
    data = image.data[:, :, 8:9].copy()
    data[:3] = np.nan
    anatomy = seen(T2W, COARSE, noise=0.02)
    for path, values in (
        (body.raw("00", "anat", "T2w.nii.gz"), anatomy.data),
        (body.derived("00", "anat", "space-T2w_dseg.nii.gz"), drawn(COARSE).data),
    ):
        write(path, Image(values[:, :, 8:9], image.affine @ place, "slice"))
    # On a grid of its own: one voxel further along the first axis.
    cut = Image(data[1:], image.affine @ place, "slice")
    cut.affine[:3, 3] += image.affine[:3, 0]
    write(body.derived("00", "dwi", "ADC.nii.gz"), cut, {"Units": "mm2/s"})
    rows = measured(body, tmp_path / "out").loc[0.0]
    assert tumour(rows) == pytest.approx(TUMOR_ADC, rel=0.02)


def test_tables_and_transforms_do_not_depend_on_jobs_and_selection(tmp_path) -> None:
    body = write_body(tmp_path / "study", days=("00", "07"))
    write(body.raw("07", "anat", "T2w.nii.gz"), seen(T2W, FINE, MOTION, noise=0.02, seed=1))
    for day in ("00", "07"):
        add_adc(body, moved((-0.5, 0.7, 0.0)) @ MOTION, day=day)
    steps = {"register": {"session": "day00"}}

    def files(out, *runs):
        for each in runs:
            done = measure(body.root, out, settings=MeasureSettings(steps=steps, **each))
            assert done.failures == ()
        return {path.relative_to(out): path.read_bytes() for path in sorted(out.rglob("*"))
                if path.is_file()}  # fmt: skip

    one = files(tmp_path / "one", {"jobs": 1})
    assert files(tmp_path / "two", {"jobs": 2}) == one
    parts = ({"sessions": ("day07",)}, {"sessions": ("day00",)})
    assert files(tmp_path / "parts", *parts).keys() == one.keys()
    table = (tmp_path / "parts" / "measurements.tsv").read_text().splitlines()
    assert sorted(table) == sorted((tmp_path / "one" / "measurements.tsv").read_text().splitlines())


def test_labels_of_another_day_give_the_tissues_of_a_spectroscopy_voxel(tmp_path) -> None:
    """Its head lies 5 mm higher on the second day: more of the voxel is grey matter."""
    root = write_spectra(tmp_path / "study", voxels=("contralateral",))
    shift, large = 5.0, np.diag([2.5, 2.5, 3.2, 1.0])
    for day, motion in (("00", np.eye(4)), ("07", moved((0.0, 0.0, shift / 3.2)))):
        image = seen(T2W, COARSE, motion, noise=0.01, seed=int(day))
        place = root / f"sub-01/ses-day{day}/anat/sub-01_ses-day{day}_T1w.nii.gz"
        write(place, Image(image.data, large @ image.affine, "T1w"))
    whole = read_image(root / "sub-01/ses-day00/anat/sub-01_ses-day00_T1w.nii.gz")
    z = whole.affine[2, 2] * np.arange(whole.shape[2]) + whole.affine[2, 3]
    labels = np.broadcast_to(np.where(z < 0.0, 1.0, 2.0), whole.shape)
    folder = root / "derivatives/maps/sub-01/ses-day00/anat"
    write(folder / "sub-01_ses-day00_space-T1w_dseg.nii.gz", Image(labels, whole.affine, "tissue"))
    (folder.parents[2] / "dseg.tsv").write_text("index\tname\n1\tGM\n2\tWM\n")
    mrs = {"echoes": [0.011, 0.019], "simulated": list(LEVELS), "total_error": False}
    register = {"image": "T1w", "session": "day00"}
    done = measure(root, tmp_path / "out",
                   settings=MeasureSettings(steps={"mrs": mrs, "register": register}))  # fmt: skip
    assert done.failures == ()
    rows = done.table[done.table["biomarker"] == "tCr"].set_index("day")["value"]
    for day, gm in ((0.0, 0.5), (7.0, (10.0 + shift) / 20.0)):
        water = water_signal({"gm": gm, "wm": 1.0 - gm, "csf": 0.0}) * 0.9 / water_signal(TISSUE)
        assert rows[day] == pytest.approx(8.0 * water, rel=0.03)


def test_a_stored_transform_to_spectra_is_taken_without_an_image_of_them(tmp_path) -> None:
    root = write_spectra(tmp_path / "study", days=(0, 7), voxels=("contralateral",))
    body = write_body(tmp_path / "body")
    shutil.copytree(body.root / "sub-01/ses-day00/anat", root / "sub-01/ses-day00/anat")
    shutil.copytree(body.root / "derivatives", root / "derivatives")
    store(type(body)(root), "from-T2w_to-svs", np.eye(4))
    mrs = {"echoes": [0.011, 0.019], "simulated": list(LEVELS), "total_error": False}
    settings = MeasureSettings(steps={"mrs": mrs, "register": {}})
    assert measure(root, tmp_path / "out", settings=settings).failures == ()


def test_frames_are_kept_apart_by_their_unit(body) -> None:
    """Uptake takes a scan in kBq/mL, registration the file as it is: both move alike."""
    path = body.raw("00", "pet", "trc-FLT_pet.nii.gz")
    write(path, series_of(ACTIVITY, PET, [moved(), moved((1.0, 0.5, 0.0))]), {})
    motions, source = Motions(session_of(body)), Source(parse_name(path), Sidecar({}, path))
    stored = source.read(ndim=4)
    scaled = stored.with_data(1e-3 * np.asarray(stored.data), source=stored.source, unit="kBq/mL")
    first, second = (motions.still(each, source, "rigid") for each in (stored, scaled))
    np.testing.assert_allclose(second.data, 1e-3 * np.asarray(first.data), rtol=1e-9)
    assert len(motions.corrections) == 1


def test_volumes_that_show_nothing_are_named_on_the_card(body) -> None:
    path = body.raw("00", "pet", "trc-FLT_pet.nii.gz")
    series = series_of(ACTIVITY, PET, [moved(), moved(), moved((1.0, 0.5, 0.0))],
                       factors=[0.0, 1.0, 1.0])  # fmt: skip
    series.data[..., 0] = 0.0
    write(path, series, {})
    motions, source = Motions(session_of(body)), Source(parse_name(path), Sidecar({}, path))
    with pytest.warns(UserWarning, match="volumes 0"):
        motions.still(source.read(ndim=4), source, "rigid")
    (told,) = motions.cards()
    assert told.status == "warn"
    assert "Volumes 0 do not show how they lie" in told.caption
