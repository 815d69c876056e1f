"""Blood tables as PET-BIDS has them, and the input made of them."""

import json

import numpy as np
import pytest

from biomarkers.errors import FileError, InputError, StudyError, TableError
from biomarkers.images import Image
from biomarkers.kinetics import Input
from biomarkers.pet.arterial import arterial_input, undispersed, with_plasma
from biomarkers.pet.blood import Blood, Samples, load_blood, read_blood
from biomarkers.pet.blood_fractions import fit_parent_fraction
from biomarkers.pet.nuclides import nuclide
from biomarkers.pet.scan import Scan
from biomarkers.timing import Frames

UNITS = {
    "time": {"Units": "s"},
    "whole_blood_radioactivity": {"Units": "kBq/mL"},
    "plasma_radioactivity": {"Units": "Bq/mL"},
    "metabolite_parent_fraction": {"Units": "unitless"},
}
MANUAL = "sub-01_ses-a_recording-manual_blood"
AUTOMATIC = "sub-01_ses-a_recording-autosampler_blood"
ROWS = (
    "time\twhole_blood_radioactivity\tplasma_radioactivity\tmetabolite_parent_fraction\n"
    "100\t10\t11000\t1\n"
    "400\t6\t7200\t0.5\n"
    "700\tn/a\tn/a\t0.4\n"
    "1000\t3\t3900\t0.3\n"
)


def write(folder, stem, rows, units=UNITS):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{stem}.tsv").write_text(rows)
    (folder / f"{stem}.json").write_text(json.dumps(units))
    return folder / f"{stem}.tsv"


def test_units_and_the_zero_of_time(tmp_path):
    path = write(tmp_path, MANUAL, ROWS)
    blood = read_blood(path, injection_start=60.0)
    np.testing.assert_array_equal(blood.whole.time, [40, 340, 940])
    np.testing.assert_allclose(blood.plasma.value, [11, 7.2, 3.9])
    np.testing.assert_allclose(blood.parent.value, [1, 0.5, 0.4, 0.3])
    assert blood.continuous is None


def test_units_are_inherited_from_the_top_of_the_data_set(tmp_path):
    (tmp_path / "dataset_description.json").write_text("{}")
    (tmp_path / "blood.json").write_text(json.dumps(UNITS | {"time": {"Units": "min"}}))
    folder = tmp_path / "sub-01" / "ses-a" / "pet"
    folder.mkdir(parents=True)
    path = folder / f"{MANUAL}.tsv"
    path.write_text("time\twhole_blood_radioactivity\n1\t2\n3\t4\n")
    np.testing.assert_array_equal(read_blood(path).whole.time, [60, 180])


def test_the_blood_of_a_scan_lies_beside_it(tmp_path):
    write(tmp_path, MANUAL, ROWS)
    write(tmp_path, "sub-02_ses-a_recording-manual_blood", ROWS)
    write(
        tmp_path,
        AUTOMATIC,
        "time\twhole_blood_radioactivity\n60\t0\n80\t20\n",
        UNITS | {"DispersionCorrected": False, "DispersionConstant": 2.5},
    )
    image = Image(
        np.ones((2, 2, 2, 1)),
        np.eye(4),
        str(tmp_path / "sub-01_ses-a_trc-FLT_pet.nii.gz"),
        "kBq/mL",
    )
    scan = Scan(image, Frames([0.0], [60.0]), nuclide("F18"), injection_start=60.0)
    blood = load_blood(scan)
    assert len(blood.parent) == 4
    assert blood.dispersion == 2.5
    np.testing.assert_array_equal(blood.continuous.time, [0, 20])
    with pytest.raises(FileError, match="recording"):
        load_blood(
            Scan(
                Image(image.data, image.affine, "sub-03_pet.nii", "kBq/mL"),
                *[scan.frames, scan.nuclide],
            )
        )


@pytest.mark.parametrize(
    ("rows", "units", "error", "said"),
    [
        ("time,whole\n1,2\n", UNITS, TableError, "tab-separated"),
        ("time\tplasma_radioactivity\n1\t2e3\n5\tx\n", UNITS, TableError, "line 3.*'x'"),
        (
            "time\tplasma_radioactivity\n1\t2\n1\t3\n",
            UNITS,
            TableError,
            "line 3.*already on line 2",
        ),
        ("time\tplasma_radioactivity\nn/a\t2\n", UNITS, TableError, "line 2: time is missing"),
        ("time\tplasma_radioactivity\n", UNITS, TableError, "no row after the names"),
        ("time\tmetabolite_parent_fraction\n1\t98\n", UNITS, TableError, "98; expected 0 to 1"),
        (
            "time\tplasma_radioactivity\n1\t2\n",
            {"time": {"Units": "s"}},
            StudyError,
            "no unit of pl",
        ),
        (
            "time\tplasma_radioactivity\n1\t2\n",
            UNITS | {"plasma_radioactivity": {"Units": "mmol"}},
            StudyError,
            "'mmol'",
        ),
    ],
)
def test_faulty_tables_are_refused(tmp_path, rows, units, error, said):
    with pytest.raises(error, match=said):
        read_blood(write(tmp_path, MANUAL, rows, units))


def test_a_name_without_a_sidecar_is_refused(tmp_path):
    with pytest.raises(StudyError, match="sidecar="):
        read_blood(write(tmp_path, "my-blood", ROWS))


def rising(time):
    """Whole blood of a bolus that arrives at 20 s."""
    since = np.maximum(np.asarray(time, dtype=float) - 20.0, 0.0)
    return since * np.exp(-since / 12.0) + 4.0 * (1 - np.exp(-since / 30.0)) * np.exp(-since / 4000)


def sampled(dispersion=0.0):
    """Recording of ten minutes, samples by hand for 90; ratio and parent fraction as in truth."""
    fast, slow = np.arange(1.0, 601.0), np.array([60, 180, 420, 700, 1200, 2400, 3600, 5400.0])
    whole = rising(fast)
    if dispersion:
        whole = Input(fast, blood=whole).dispersed(dispersion).blood
    plasma = rising(slow) * ratio(slow)
    return Blood(
        Samples(slow, rising(slow)),
        Samples(slow, plasma),
        Samples(slow, fraction(slow)),
        Samples(fast, whole),
        dispersion,
    )


def ratio(time):
    return 1.4 - 0.3 * np.exp(-time / 900.0)


def fraction(time):
    return 1.0 - 0.9 * (time / 700) ** 1.7 / (1 + (time / 700) ** 1.7)


@pytest.mark.parametrize("dispersion", [0.0, 3.0])
def test_recording_and_samples_make_one_input(dispersion):
    source = arterial_input(sampled(dispersion))
    time = source.time
    assert time[0] == 0.0
    early = (time > 25) & (time <= 599)
    peak = rising(time).max()
    np.testing.assert_allclose(source.blood[early], rising(time[early]), atol=0.02 * peak)
    truth = rising(time) * ratio(time) * fraction(time)
    np.testing.assert_allclose(source.plasma[early], truth[early], atol=0.02 * peak)
    late = time > 600
    np.testing.assert_allclose(source.plasma[late], truth[late], rtol=1e-3)


def test_without_a_recording_plasma_is_as_measured():
    whole = sampled()
    manual = Blood(whole.whole, whole.plasma, whole.parent)
    source = arterial_input(manual, parent="interpolated")
    np.testing.assert_allclose(
        source.plasma[1:], manual.plasma.value * manual.parent.value, rtol=1e-12
    )


def test_what_was_not_sampled_must_be_said():
    whole = sampled()
    with pytest.raises(InputError, match="parent=1"):
        arterial_input(Blood(whole.whole, whole.plasma, None))
    assert arterial_input(Blood(whole.whole, whole.plasma, None), parent=1).plasma is not None
    with pytest.raises(InputError, match="ratio="):
        arterial_input(Blood(None, None, None, whole.continuous), parent=1)
    with pytest.raises(InputError, match="neither"):
        arterial_input(Blood(parent=whole.parent))
    with pytest.raises(InputError, match="parent is 90; expected at most 1"):
        arterial_input(whole, parent=90)
    with pytest.raises(InputError, match=r"blood is .*; expected what read_blood"):
        arterial_input(whole.whole)
    with pytest.raises(InputError, match="ratio is nan"):
        arterial_input(Blood(whole.whole), parent=1, ratio=np.nan)


def test_dispersion_is_undone_where_the_curve_is_smooth():
    time = np.arange(0.0, 300.0, 1.0)
    truth = rising(time)
    seen = Input(time, blood=truth).dispersed(4.0).blood
    found = undispersed(Samples(time, seen), 4.0).value
    assert np.abs(seen - truth)[30:].max() > 0.05 * truth.max()
    assert np.abs(found - truth)[30:].max() < 0.01 * truth.max()


def test_plasma_of_an_input_of_whole_blood():
    source = Input([0.0, 60.0, 600.0], blood=[0.0, 5.0, 2.0])
    course = fit_parent_fraction([0, 300, 600], [1, 0.8, 0.5], form="interpolated")
    np.testing.assert_allclose(with_plasma(source, ratio=1.2, parent=course).plasma[2], 1.2)
    with pytest.raises(InputError, match="whole blood"):
        with_plasma(Input([0.0, 1.0], plasma=[0.0, 1.0]), ratio=1.0)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROWS.replace("\t6\t", "\t1_0\t"), "line 3: whole_blood_radioactivity is '1_0'"),
        (
            ROWS.replace("\t6\t", "\t\uff11\uff12\t"),
            "line 3: whole_blood_radioactivity is '\uff11\uff12'",
        ),
        (ROWS.replace("\t6\t", "\tinf\t"), "line 3: whole_blood_radioactivity is 'inf'"),
        (ROWS.replace("\t6\t", "\t1e999\t"), "line 3: whole_blood_radioactivity is '1e999'"),
        (ROWS.replace("400\t", "4_00\t"), "line 3: time is '4_00'"),
        (ROWS.replace("plasma", "whole_blood"), "'whole_blood_radioactivity' stands 2 times"),
        (ROWS.replace("400\t6\t", '400\t"6\t'), "is a quotation mark left open"),
        (ROWS.replace("400\t6\t", "400\t6\t6\t"), "row 3: 5 cells under 4 column names"),
        (ROWS.replace("400\t6\t", "400\t"), "row 3: 3 cells under 4 column names"),
    ],
    ids=range(9),
)
def test_a_cell_is_a_number_in_plain_digits_or_refused(tmp_path, rows, message):
    with pytest.raises(InputError, match=message):
        read_blood(write(tmp_path, MANUAL, rows))
