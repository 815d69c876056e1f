"""Every format gives the signal that was written, in one convention, with its header."""

import json
import sys
from dataclasses import replace
from types import ModuleType

import nibabel as nib
import numpy as np
import pytest
from mrs_files import (
    DWELL,
    FREQUENCY,
    HEADER,
    signal,
    write_jmrui,
    write_nifti_mrs,
    write_raw,
    write_rda,
    write_sdat,
    write_varian,
)

from biomarkers import mrs
from biomarkers.errors import FileError, InputError, UnusualValueWarning
from biomarkers.mrs.reading.philips import vax_floats

FID = signal()


def highest(scan):
    """Return the chemical shift of the highest line of the first signal."""
    return scan.ppm[np.abs(scan.spectrum.reshape(-1, scan.points)[0]).argmax()]


def assert_read(scan, rtol=1e-6, fid=FID):
    np.testing.assert_allclose(scan.fid.ravel(), fid, rtol=0, atol=rtol * np.abs(fid).max())
    assert highest(scan) == pytest.approx(2.01, abs=0.1)
    assert scan.dwell == pytest.approx(DWELL, rel=1e-9)
    assert scan.frequency_mhz == pytest.approx(FREQUENCY, rel=1e-9)


@pytest.mark.parametrize("kind", [np.complex64, np.complex128])
@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_nifti_mrs(tmp_path, kind, ending) -> None:
    affine = np.array([[20.0, 0, 0, 1], [0, 18, 3, 2], [0, -3, 18, 3], [0, 0, 0, 1]])
    path = tmp_path / f"svs{ending}"
    write_nifti_mrs(path, FID[None, None, None], kind=kind, affine=affine)
    scan = mrs.load(path)
    assert_read(scan)
    assert scan.fid.shape == (1, 1, 1, 256)
    assert (scan.te, scan.tr, scan.nucleus, scan.axes) == (0.03, 2.0, "1H", ())
    np.testing.assert_allclose(scan.affine, affine)
    assert scan.header["EchoTime"] == 0.03


def test_axes_of_nifti_mrs_are_named_and_stand_before_time(tmp_path) -> None:
    fid = FID[:, None, None] * (1 + np.arange(4))[:, None] * (1 + 10 * np.arange(3))
    header = {**HEADER, "dim_5": "DIM_COIL", "dim_6": "DIM_DYN"}
    scan = mrs.load(write_nifti_mrs(tmp_path / "a.nii", fid[None, None, None], header=header))
    assert scan.axes == ("DIM_COIL", "DIM_DYN")
    assert scan.fid.shape == (1, 1, 1, 4, 3, 256)
    np.testing.assert_allclose(scan.fid[0, 0, 0, 2, 1], 33 * FID, rtol=1e-6)


def test_axes_without_a_name_have_the_usual_one_and_single_ones_go(tmp_path) -> None:
    fid = np.ones((2, 3, 1, 1, 1, 4)) * FID[:, None, None]
    assert fid.shape == (2, 3, 1, 256, 1, 4)
    scan = mrs.load(write_nifti_mrs(tmp_path / "a.nii", fid))
    assert scan.axes == ("DIM_DYN",)
    assert scan.fid.shape == (2, 3, 1, 4, 256)
    assert scan.is_grid


@pytest.mark.parametrize(("unit", "factor"), [("msec", 1e3), ("usec", 1e6)])
def test_dwell_time_in_the_unit_of_the_header(tmp_path, unit, factor) -> None:
    path = tmp_path / "a.nii"
    write_nifti_mrs(path, FID[None, None, None], dwell=DWELL * factor, time_unit=unit)
    assert mrs.load(path).dwell == pytest.approx(DWELL)


def test_a_voxel_of_ten_metres_has_no_place(tmp_path) -> None:
    path = tmp_path / "a.nii"
    write_nifti_mrs(path, FID[None, None, None], affine=np.diag([1e4, 1e4, 1e4, 1.0]))
    assert mrs.load(path).affine is None


@pytest.mark.parametrize("name", ["a.sdat", "a.SDAT", "a.spar"])
def test_philips(tmp_path, name) -> None:
    write_sdat(tmp_path / name.replace("spar", "sdat"), FID)
    scan = mrs.load(tmp_path / name)
    assert_read(scan)
    assert (scan.te, scan.tr, scan.sequence) == (0.03, 2.0, "PRESS 30")
    # Right is negative at Philips, as is anterior: both change sign; turned by 90° about z.
    np.testing.assert_allclose(
        scan.affine, [[0, -30, 0, 3], [20, 0, 0, -5], [0, 0, 10, 7], [0, 0, 0, 1]], atol=1e-9
    )


def test_philips_rows_are_averages(tmp_path) -> None:
    scan = mrs.load(write_sdat(tmp_path / "a.sdat", np.stack([FID, 2 * FID])))
    assert scan.axes == ("DIM_DYN",)
    np.testing.assert_allclose(scan.fid[0, 0, 0, 1], 2 * FID, atol=1e-6)


def test_vax_numbers_by_their_bits() -> None:
    """F_floating 1.0 is 0x4080, low byte first, and -3.0 is 0xC140; 0x8000 is no number."""
    content = bytes([0x80, 0x40, 0, 0, 0x40, 0xC1, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0])
    np.testing.assert_array_equal(vax_floats(content), [1.0, -3.0, 0.0, np.nan])


def test_siemens_rda(tmp_path) -> None:
    scan = mrs.load(write_rda(tmp_path / "a.rda", FID))
    assert_read(scan, rtol=1e-15)
    assert (scan.te, scan.tr, scan.sequence) == (0.03, 2.0, "svs_se")
    # The row runs to posterior, its columns 30 mm apart; the column to inferior.
    np.testing.assert_allclose(
        scan.affine, [[0, 0, 20, -4], [-30, 0, 0, 5], [0, -40, 0, 6], [0, 0, 0, 1]], atol=1e-9
    )


def test_rda_without_a_position_of_the_voxel(tmp_path) -> None:
    lacking = {"VOIPositionSag": None, "RowVector[0]": None}
    assert mrs.load(write_rda(tmp_path / "a.rda", FID, **lacking)).affine is None


@pytest.mark.parametrize("name", ["a.RAW", "a.raw", "a.h2o"])
def test_lcmodel_raw(tmp_path, name) -> None:
    scan = mrs.load(write_raw(tmp_path / name, FID), dwell=DWELL, frequency_mhz=FREQUENCY)
    assert_read(scan)
    assert (scan.te, scan.tr) == (None, None)


def test_lcmodel_raw_with_a_sequence_touching_columns_and_scale(tmp_path) -> None:
    head = (
        " $SEQPAR\n HZPPPM = 1.232D+02\n echot=24.\n seq='STEAM'\n $END\n"
        " &nmid fmtdat='(2E13.6)', tramp= 3., volume=2 bruker =.true. dwelltime=0.00025 /\n"
    )
    path = tmp_path / "a.RAW"
    lines = [f"{-abs(v.real):13.6E}{-abs(v.imag) - 1e-9:13.6E}\n" for v in FID]
    path.write_text(head + "".join(lines))
    scan = mrs.load(path)
    expected = -np.abs(FID.real) - 1j * np.abs(FID.imag)
    np.testing.assert_allclose(scan.fid.ravel(), 1.5 * expected, atol=1e-5)
    assert (scan.te, scan.sequence, scan.frequency_mhz, scan.dwell) == (
        0.024,
        "STEAM",
        123.2,
        0.00025,
    )


def test_jmrui_text(tmp_path) -> None:
    assert_read(mrs.load(write_jmrui(tmp_path / "a.txt", FID)), rtol=1e-8)


def test_several_signals_of_jmrui_are_not_taken_for_averages(tmp_path) -> None:
    scan = mrs.load(write_jmrui(tmp_path / "a.txt", np.stack([FID, 3 * FID])))
    assert scan.axes == ("DIM_USER_0",)
    assert scan.fid.shape == (1, 1, 1, 2, 256)


@pytest.mark.parametrize("order", [">", "<"])
@pytest.mark.parametrize("kind", ["f4", "i4", "i2"])
def test_varian(tmp_path, order, kind) -> None:
    fid = FID if kind == "f4" else np.round(1e4 * FID)
    scan = mrs.load(write_varian(tmp_path / "a.fid", fid, order=order, kind=kind))
    assert_read(scan, fid=fid)
    assert (scan.te, scan.tr, scan.sequence, scan.nucleus) == (0.006, 5.0, "steam", "1H")
    assert scan.affine is None


def test_several_traces_of_varian_are_averages(tmp_path) -> None:
    folder = write_varian(tmp_path / "a.fid", np.stack([FID, 2 * FID, 3 * FID]))
    scan = mrs.load(folder / "fid")
    assert scan.axes == ("DIM_DYN",)
    np.testing.assert_allclose(scan.fid[0, 0, 0, 2], 3 * FID, atol=1e-5)


@pytest.fixture
def bruker_folder(tmp_path):
    (tmp_path / "4").mkdir()
    for name in ("method", "acqp", "fid"):
        (tmp_path / "4" / name).write_text("")
    return tmp_path / "4"


METHOD = {
    "PVM_EchoTime": 16.5, "PVM_RepetitionTime": 2500, "PVM_SpecSWH": np.array([4000.0]),
    "PVM_DigShift": 3, "PVM_Nucleus1Enum": "<1H>", "PVM_FrqRef": np.array([FREQUENCY, 0.0]),
    "Method": "<Bruker:PRESS>", "PVM_FrqWorkOffset": np.array([-2 * FREQUENCY, 0.0]),
}  # fmt: skip


def pretend_brukerapi(monkeypatch, data, axes, acqp=None) -> None:
    """Put a stand-in for brukerapi in place, which gives a scan as that package does."""

    class Parameters:
        def __init__(self, path):
            self.values = METHOD if path.name == "method" else acqp or {"ACQ_dim": 1}

        def to_dict(self):
            return {key: {"value": value} for key, value in self.values.items()}

    class Dataset:
        def __init__(self, path):
            self.data, self.dim_type = data, axes

    for name, content in (("dataset", {"Dataset": Dataset}), ("jcampdx", {"JCAMPDX": Parameters})):
        module = ModuleType(f"brukerapi.{name}")
        module.__dict__.update(content)
        monkeypatch.setitem(sys.modules, f"brukerapi.{name}", module)
    monkeypatch.setitem(sys.modules, "brukerapi", ModuleType("brukerapi"))


def test_bruker_through_its_package(bruker_folder, monkeypatch) -> None:
    """Samples before the echo go; coils and repetitions are axes in the order of `Scan`."""
    whole = np.concatenate([np.full(3, 9.0), FID])
    data = whole[:, None, None] * np.array([1.0, 2.0])[:, None] * np.array([1.0, 10.0, 100.0])
    axes = ["k_space_encode_step_0", "repetition", "channel"]
    pretend_brukerapi(monkeypatch, data, axes)
    scan = mrs.load(bruker_folder)
    assert scan.axes == ("DIM_COIL", "DIM_DYN")
    np.testing.assert_allclose(scan.fid[0, 0, 0, 2, 1], 200 * FID)
    assert (scan.te, scan.tr, scan.nucleus, scan.sequence) == (0.0165, 2.5, "1H", "Bruker:PRESS")
    assert (scan.dwell, scan.frequency_mhz) == (DWELL, FREQUENCY)
    assert scan.ppm_reference == pytest.approx(2.65)


def test_bruker_raw_data_of_paravision_360(bruker_folder, monkeypatch) -> None:
    """Samples before the echo are those of the filter, where the method does not state them."""
    monkeypatch.delitem(METHOD, "PVM_DigShift")
    (bruker_folder / "fid").rename(bruker_folder / "rawdata.job0")
    data = np.concatenate([np.full(76, 9.0), FID])[:, None, None] * np.array([1.0, 2.0])
    acqp = {"ACQ_dim": 1, "ACQ_RxFilterInfo": [[76.125, 0, 8], [0, 15.08, 21.75]]}
    pretend_brukerapi(monkeypatch, data, ["sample", "channel", "scan"], acqp)
    scan = mrs.load(bruker_folder)
    assert scan.axes == ("DIM_DYN",)
    np.testing.assert_allclose(scan.fid[0, 0, 0, 1], 2 * FID)


def test_bruker_images_are_refused(bruker_folder, monkeypatch) -> None:
    pretend_brukerapi(monkeypatch, np.ones((64, 64)), ["x", "y"], {"ACQ_dim": 2})
    with pytest.raises(InputError, match=r"no scan of a single voxel: ACQ_dim is 2"):
        mrs.load(bruker_folder)


def test_bruker_that_its_package_cannot_read(bruker_folder, monkeypatch) -> None:
    pretend_brukerapi(monkeypatch, None, None)
    with pytest.raises(FileError, match="cannot be read by brukerapi"):
        mrs.load(bruker_folder)


def test_bruker_without_its_package_names_the_extra(bruker_folder, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "brukerapi", None)
    with pytest.raises(InputError, match=r"pip install 'biomarkers\[bruker\]'; or .* spec2nii"):
        mrs.load(bruker_folder)


def test_arguments_go_before_the_header(tmp_path) -> None:
    path = write_nifti_mrs(tmp_path / "a.nii", FID[None, None, None])
    scan = mrs.load(path, te=0.144, tr=1.5, dwell=5e-4, frequency_mhz=127.7)
    assert (scan.te, scan.tr, scan.dwell, scan.frequency_mhz) == (0.144, 1.5, 5e-4, 127.7)


def test_an_fid_has_no_echo_time(tmp_path) -> None:
    path = write_nifti_mrs(tmp_path / "a.nii", FID[None, None, None])
    with pytest.warns(UnusualValueWarning, match="te .* is 0 s"):
        assert mrs.load(path, te=0.0).te == 0.0


def test_water_from_a_file_takes_what_it_lacks_from_the_scan(tmp_path) -> None:
    path = write_rda(tmp_path / "a.rda", FID)
    write_raw(tmp_path / "w.h2o", 50 * FID[:128])
    water = mrs.load(path, water=tmp_path / "w.h2o").water
    assert (water.dwell, water.frequency_mhz, water.te, water.tr) == (DWELL, FREQUENCY, 0.03, 2.0)
    assert water.points == 128
    np.testing.assert_allclose(water.fid.ravel(), 50 * FID[:128], atol=1e-4)


def test_water_as_a_scan_is_kept(tmp_path) -> None:
    path = write_rda(tmp_path / "a.rda", FID)
    water = replace(mrs.load(path), te=0.01)
    assert mrs.load(path, water=water).water is water


def test_overrides_hold_for_the_water_file_too(tmp_path) -> None:
    path = write_nifti_mrs(tmp_path / "a.nii", FID[None, None, None])
    assert mrs.load(path, water=path, te=0.035).water.te == 0.035


@pytest.mark.parametrize("edit", [0, 1])
def test_one_condition_of_edited_data(tmp_path, edit) -> None:
    fid = FID[:, None, None] * np.array([1.0, 5.0])[:, None] * np.ones(3)
    header = {**HEADER, "dim_5": "DIM_EDIT", "dim_6": "DIM_DYN"}
    path = write_nifti_mrs(tmp_path / "a.nii", fid[None, None, None], header=header)
    scan = mrs.load(path, edit=edit)
    assert scan.axes == ("DIM_DYN",)
    np.testing.assert_allclose(scan.fid[0, 0, 0, 0], (1.0, 5.0)[edit] * FID, rtol=1e-6)
    assert mrs.load(path, edit="all").axes == ("DIM_EDIT", "DIM_DYN")


def test_a_header_keeps_nobodys_name(tmp_path) -> None:
    personal = {"PatientName": "x", "PatientID": "x", "PatientDoB": "x", "private_note": "x"}
    header = HEADER | personal | {"PatientPosition": "HFS", "PatientSex": "O"}
    scan = mrs.load(write_nifti_mrs(tmp_path / "a.nii", FID[None, None, None], header=header))
    assert set(scan.header) == {*HEADER, "PatientPosition", "PatientSex"}


def test_the_header_extension_may_be_padded(tmp_path) -> None:
    text = json.dumps(HEADER) + "\x00" * 5
    path = write_nifti_mrs(tmp_path / "a.nii", FID[None, None, None], text=text)
    assert mrs.load(path).te == 0.03
    assert nib.load(path).header.extensions[0].get_code() == 44
