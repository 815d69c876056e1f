"""Slices and spectra of a study joined to the cases of a cohort."""

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from biomarkers import images, mrs, predict, workflow
from biomarkers.errors import InputError
from biomarkers.images import Image, write_image
from biomarkers.simulate.spectra import Acquisition, metabolite_signal
from biomarkers.study import open_study

SUBJECTS = [f"{number:02d}" for number in range(1, 9)]
SHAPE, AFFINE = (16, 14, 8), np.diag([1.0, 1.0, 2.0, 1.0])
REGIONS = {1: "tumor", 2: "node", 3: "artery"}
DWELL, POINTS, MHZ = 5e-4, 512, 123.2


def regions():
    labels = np.zeros(SHAPE, dtype=np.uint8)
    labels[2:7, 3:8, 1:4] = 1
    labels[10:13, 8:12, 5:7] = 2
    labels[14, 12, 7] = 3
    return labels


def volume(subject, day):
    return np.random.default_rng([int(subject), day]).normal(100.0, 9.0, SHAPE)


def name_of(subject, day, ending):
    return f"sub-{subject}_ses-day{day:02d}_{ending}"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Write eight subjects with images of two days; 03 has only the first, 04 no labels then."""
    root = tmp_path_factory.mktemp("study")
    like = Image(np.zeros(SHAPE), AFFINE, "grid")
    for subject in SUBJECTS:
        days = (0,) if subject == "03" else (0, 7)
        folder = root / f"sub-{subject}"
        folder.mkdir()
        lines = "".join(f"ses-day{day:02d}\t{day}\n" for day in days)
        (folder / f"sub-{subject}_sessions.tsv").write_text(f"session_id\tdays\n{lines}")
        for day in days:
            session = f"sub-{subject}/ses-day{day:02d}"
            write_image(root / session / "anat" / name_of(subject, day, "T1w.nii.gz"),
                        volume(subject, day), like, dtype=np.float64)  # fmt: skip
            if (subject, day) != ("04", 0):
                write_image(root / "derivatives" / "drawn" / session / "anat"
                            / name_of(subject, day, "dseg.nii.gz"), regions(), like,
                            dtype=np.uint8)  # fmt: skip
    names = "".join(f"{index}\t{name}\n" for index, name in REGIONS.items())
    (root / "derivatives" / "drawn" / "dseg.tsv").write_text(f"index\tname\n{names}")
    return root


def cohort_of(lesions=("tumor", "node"), subjects=SUBJECTS):
    keys = [(subject, lesion) for subject in subjects for lesion in lesions]
    rows = pd.DataFrame(keys, columns=["subject", "lesion"]).assign(size=np.arange(len(keys)))
    rows = rows.drop(columns="lesion") if lesions == ("",) else rows
    people = pd.DataFrame({"subject": subjects, "response": [0, 1] * (len(subjects) // 2)})
    return predict.Cohort.from_tables(rows, people, outcome="response")


def expected(subject, day, region, **how):
    image = Image(volume(subject, day), AFFINE, "T1w")
    label = {name: index for index, name in REGIONS.items()}[region]
    return images.slices(image, Image(regions(), AFFINE, "dseg"), label=label, **how)


def test_each_lesion_has_the_slices_of_its_region(root):
    joined = workflow.with_slices(cohort_of(), root, name="t1c", count=3, size=8)
    assert joined.arrays["t1c"].shape == (14, 3, 8, 8)
    for subject, lesion, array in zip(
        joined.subject, joined.lesion, joined.arrays["t1c"], strict=True
    ):
        np.testing.assert_array_equal(array, expected(subject, 0, lesion, count=3, size=8))
    assert "04" not in joined.subject
    notes = " ".join(joined.notes)
    assert "Left out, no array t1c: 04, lesion" in notes
    assert "sub-04 ses-day00: no label map lies on the grid of sub-04_ses-day00_T1w" in notes


def test_days_stand_one_after_another_and_a_missing_one_is_nan(root):
    study = open_study(root)
    joined = workflow.with_slices(cohort_of(), study, count=1, size=6, day=(0, 7))
    array = dict(zip(zip(joined.subject, joined.lesion, strict=True), joined.arrays["slices"],
                     strict=True))  # fmt: skip
    assert len(array) == 16 and array["01", "tumor"].shape == (2, 6, 6)
    for place, day in enumerate((0, 7)):
        wanted = expected("01", day, "node", count=1, size=6)[0]
        np.testing.assert_array_equal(array["01", "node"][place], wanted)
    assert np.isnan(array["03", "tumor"][1]).all() and np.isfinite(array["03", "tumor"][0]).all()
    assert np.isnan(array["04", "tumor"][0]).all() and np.isfinite(array["04", "tumor"][1]).all()
    assert "Array slices: 03: no session on day 7." in joined.notes


def test_a_case_without_a_lesion_has_all_tissue(root):
    joined = workflow.with_slices(cohort_of(("",)), root, count=2, size=8)
    both = np.where(regions() == 3, 0, regions())
    image = Image(volume("01", 0), AFFINE, "T1w")
    wanted = images.slices(image, Image(both, AFFINE, "dseg"), count=2, size=8)
    np.testing.assert_array_equal(joined.arrays["slices"][0], wanted)


def test_a_lesion_that_is_not_drawn_is_left_out_and_said(root):
    joined = workflow.with_slices(cohort_of(("tumor", "edema")), root, count=1, size=4)
    assert set(joined.lesion) == {"tumor"}
    assert any("01, lesion edema, day 0" in each and "has no region 'edema'" in each
               for each in joined.notes)  # fmt: skip


def test_lesions_with_folders_of_their_own(root):
    rows = pd.DataFrame({"subject": SUBJECTS, "size": range(8), "lesion": "tumor",
                         "individual": [f"m{int(name)}" for name in SUBJECTS]})  # fmt: skip
    people = pd.DataFrame({"subject": [f"m{int(name)}" for name in SUBJECTS],
                           "response": [0, 1] * 4})  # fmt: skip
    cohort = predict.Cohort.from_tables(rows, people, outcome="response")
    joined = workflow.with_slices(cohort, root, count=1, size=4)
    assert joined.lesion[0] == "01/tumor" and joined.subject[0] == "m1"
    np.testing.assert_array_equal(
        joined.arrays["slices"][0], expected("01", 0, "tumor", count=1, size=4)
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": "FLAIR"}, r"slices: no case .* sub-01 ses-day00 has no image \*_FLAIR.nii.gz"),
        ({"image": "no such name"}, "image is 'no such name'; expected the end of a BIDS name"),
        ({"day": 3.0}, "01: no session on day 3"),
        ({"size": 0}, "size is 0; expected a whole number from 1"),
    ],
)
def test_nothing_at_all_is_refused_with_the_reason(root, change, message):
    with pytest.raises(InputError, match=message):
        workflow.with_slices(cohort_of(), root, **change)


def fid_of(subject, voxel):
    acquisition = Acquisition((0.015, 0.015), MHZ, DWELL, POINTS)
    random = np.random.default_rng([int(subject), len(voxel)])
    levels = {"NAA": 8.0, "Cr": 7.0, "PCho": 2.0, "Ins": 5.0, "Glu": 8.0}
    whole = sum(
        level * random.uniform(0.7, 1.3) * metabolite_signal(name, acquisition)
        for name, level in levels.items()
    )
    noise = random.normal(0.0, 1000.0 if (subject, voxel) == ("02", "left") else 1.0, (2, POINTS))
    turn = np.exp(1j * random.uniform(-2, 2) - 12 * acquisition.time)
    return whole * turn + noise[0] + 1j * noise[1]


def write_spectrum(path, fid, te=0.03):
    image = nib.Nifti2Image(fid.conj()[None, None, None].astype(np.complex64), np.eye(4))
    image.header["pixdim"][4] = DWELL
    image.header.set_xyzt_units("mm", "sec")
    image.header.set_intent("none", name="mrs_v0_9")
    text = (
        f'{{"SpectrometerFrequency": [{MHZ}], "ResonantNucleus": ["1H"], "EchoTime": {te}, '
        '"RepetitionTime": 2.0}'
    )
    image.header.extensions.append(nib.nifti1.Nifti1Extension(44, text.encode()))
    path.parent.mkdir(parents=True, exist_ok=True)
    image.to_filename(path)


@pytest.fixture(scope="module")
def spectral(tmp_path_factory):
    root = tmp_path_factory.mktemp("spectra")
    for subject in SUBJECTS[:6]:
        folder = root / f"sub-{subject}"
        for voxel in ("left", "right") if subject != "05" else ("left",):
            name = f"sub-{subject}_ses-1_voi-{voxel}_svs.nii.gz"
            write_spectrum(folder / "ses-1" / "mrs" / name, fid_of(subject, voxel))
        (folder / f"sub-{subject}_sessions.tsv").write_text("session_id\tdays\nses-1\t0\n")
    return root


def test_each_voxel_has_its_spectrum(spectral):
    cohort = cohort_of(("left", "right"), SUBJECTS[:6])
    joined = workflow.with_spectra(cohort, spectral, points=128)
    array = dict(zip(zip(joined.subject, joined.lesion, strict=True), joined.arrays["mrs"],
                     strict=True))  # fmt: skip
    assert set(array) == {(s, v) for s in SUBJECTS[:6] for v in ("left", "right")} - {
        ("02", "left"), ("05", "right")
    }  # fmt: skip
    for subject, voxel in (("01", "right"), ("06", "left")):
        values = array[subject, voxel]
        scan = mrs.load(next(spectral.rglob(f"sub-{subject}*voi-{voxel}_svs.nii.gz")))
        wanted = np.asarray(mrs.spectra(scan, points=128))[0]
        np.testing.assert_array_equal(values, wanted)
        assert wanted.max() > 3.0
    assert joined.made["mrs"].endswith("scaled to total; field 3 T; echo time 30 ms")
    notes = " ".join(joined.notes)
    assert "differ in" not in notes
    assert "02, lesion left: neither metabolites nor water tell" in notes
    assert "05, lesion right, day 0: no voxel 'right'; the session has left." in notes


def test_another_echo_time_is_named_and_part_of_how_arrays_were_made(tmp_path):
    for subject in SUBJECTS:
        folder = tmp_path / f"sub-{subject}"
        name = f"sub-{subject}_ses-1_voi-left_svs.nii.gz"
        te = 0.144 if subject == "03" else 0.03
        write_spectrum(folder / "ses-1" / "mrs" / name, fid_of(subject, "left"), te)
        (folder / f"sub-{subject}_sessions.tsv").write_text("session_id\tdays\nses-1\t0\n")
    cohort = cohort_of(("left",), SUBJECTS)
    joined = workflow.with_spectra(cohort, tmp_path, points=16)
    assert "Array mrs: spectra differ in echo time: 30 ms (7), 144 ms (1)." in joined.notes
    assert joined.made["mrs"].endswith("field 3 T; echo time 30 ms, 144 ms")


def test_without_lesions_the_only_voxel_is_taken(spectral):
    cohort = cohort_of(("",), SUBJECTS[:6])
    with pytest.raises(
        InputError,
        match=r"expected 3 .*; 01, day 0: no lesion says which voxel; the session has left, right",
    ):
        workflow.with_spectra(cohort, spectral)
