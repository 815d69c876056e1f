"""Wrong files and values: a typed error that names file or argument, and what to do."""

import gzip

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
from biomarkers.errors import FileError, ImageError, InputError

FID = signal()
VOXEL = FID[None, None, None]


def assert_refused(error, match, path, **arguments) -> None:
    with pytest.raises(error, match=match) as caught:
        mrs.load(path, **arguments)
    assert str(path.with_suffix("")) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("meas.dat", "a twix file of Siemens"),
        ("P12345.7", "a P-file of GE"),
        ("IM_0001.dcm", "a DICOM file"),
        ("svs.IMA", "a DICOM file"),
        ("raw_act.data", "a raw-data file of Philips"),
        ("fid.mrui", "a binary file of jMRUI"),
    ],
)
def test_files_to_be_converted_name_spec2nii(tmp_path, name, what) -> None:
    match = rf"is {what}, which is not read; convert it to NIfTI-MRS with spec2nii"
    assert_refused(FileError, match, tmp_path / name)


def test_dicom_by_its_content(tmp_path) -> None:
    (tmp_path / "IM_0001").write_bytes(bytes(128) + b"DICM" + bytes(100))
    assert_refused(
        FileError, "is a DICOM file, which is not read; .*spec2nii", tmp_path / "IM_0001"
    )


@pytest.mark.parametrize(("name", "found"), [("a.xyz", "is of no kind that is read"), ("", "scan")])
def test_other_files_and_folders_list_what_is_read(tmp_path, name, found) -> None:
    path = tmp_path / name if name else tmp_path
    if name:
        path.write_text("something")
    assert_refused(FileError, rf"{found}.*NIfTI-MRS \(\.nii.*Bruker", path)


def test_a_missing_file(tmp_path) -> None:
    assert_refused(FileError, "does not exist; expected NIfTI-MRS", tmp_path / "a.nii.gz")


def test_nifti_of_real_numbers(tmp_path) -> None:
    path = tmp_path / "a.nii"
    nib.save(nib.Nifti1Image(np.ones((1, 1, 1, 64), np.float32), np.eye(4)), path)
    assert_refused(ImageError, "holds values of type float32; expected complex numbers", path)


@pytest.mark.parametrize("code", [None, 6])
def test_nifti_without_the_extension(tmp_path, code) -> None:
    path = write_nifti_mrs(tmp_path / "a.nii", VOXEL, code=code)
    assert_refused(ImageError, "has 0 header extensions of code 44.*spec2nii", path)


@pytest.mark.parametrize(
    ("text", "match"),
    [("{broken", "is not JSON"), ("[1, 2]", r"is \[1, 2\]; expected keys and values")],
)
def test_nifti_with_a_broken_extension(tmp_path, text, match) -> None:
    assert_refused(ImageError, match, write_nifti_mrs(tmp_path / "a.nii", VOXEL, text=text))


def test_nifti_without_time(tmp_path) -> None:
    path = write_nifti_mrs(tmp_path / "a.nii", np.ones((4, 4, 40)))
    assert_refused(ImageError, r"has 3 axes, \(4, 4, 40\); expected x, y, z and time", path)


def test_too_few_samples_are_no_signal(tmp_path) -> None:
    path = write_nifti_mrs(tmp_path / "a.nii", np.ones((4, 4, 4, 3)))
    assert_refused(FileError, "signals of 3 samples; expected 32 or more", path)


@pytest.mark.parametrize(
    ("header", "match"),
    [
        ({"dim_5": "DIM_COIL", "dim_6": "DIM_COIL"}, "two axes are both DIM_COIL"),
        ({"dim_5": "coils"}, "dim_5 is 'coils'; expected DIM_COIL, DIM_DYN"),
        ({"kSpace": [True, True, False]}, "is not reconstructed: kSpace"),
    ],
)
def test_wrong_axes(tmp_path, header, match) -> None:
    fid = VOXEL[..., None, None] * np.ones((2, 2))
    path = write_nifti_mrs(tmp_path / "a.nii", fid, header=HEADER | header)
    assert_refused(ImageError, match, path)


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_a_truncated_nifti(tmp_path, ending) -> None:
    path = write_nifti_mrs(tmp_path / f"a{ending}", VOXEL)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) - 100])
    assert_refused(FileError, "is truncated", path)


def test_a_damaged_checksum(tmp_path) -> None:
    path = write_nifti_mrs(tmp_path / "a.nii.gz", VOXEL)
    content = bytearray(gzip.compress(gzip.decompress(path.read_bytes())))
    content[-8] ^= 0xFF
    path.write_bytes(content)
    assert_refused(FileError, "is damaged", path)


@pytest.mark.parametrize(
    ("value", "match"),
    [(np.nan, "holds 1 of 256 samples that are no finite number"), (0.0, "no sample but 0")],
)
def test_samples_that_are_none(tmp_path, value, match) -> None:
    fid = VOXEL.copy()
    fid[..., 3 if np.isnan(value) else slice(None)] = value
    assert_refused(FileError, match, write_nifti_mrs(tmp_path / "a.nii", fid))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"EchoTime": 30.0}, "te of its header is 30 s; expected 0 to 1 s.* it looks like ms"),
        ({"RepetitionTime": 2000.0}, "tr of its header is 2000 s; expected .* it looks like ms"),
        ({"SpectrometerFrequency": [123.2e6]}, r"frequency_mhz of its header is 1.232e\+08 MHz"),
        ({"SpectrometerFrequency": ["?"]}, r"SpectrometerFrequency is '\?'; expected a number"),
        ({"EchoTime": "short"}, "EchoTime is 'short'; expected a number"),
        ({"SpectralWidth": 2000.0}, "SpectralWidth of 2000 Hz, which is not its inverse"),
        ({"SpectrometerFrequency": None}, "states no frequency .* give frequency_mhz="),
    ],
)
def test_values_of_a_header_that_cannot_be(tmp_path, changes, match) -> None:
    path = write_nifti_mrs(tmp_path / "a.nii", VOXEL, header=HEADER | changes)
    assert_refused(InputError, match, path)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"te": 30}, r"te \(given for .*\) is 30 s; expected 0 to 1 s .*; it looks like ms"),
        ({"tr": 2000}, r"tr \(given for .*\) is 2000 s; expected 0.01 to 30 s .* ms"),
        ({"dwell": 0.25}, r"dwell \(given for .*\) is 0.25 s; expected .* it looks like ms"),
        ({"dwell": 250}, r"dwell \(given for .*\) is 250 s; expected .* it looks like us"),
        ({"dwell": 4000}, r"dwell \(given for .*\) is 4000 s; expected 5e-06 to 0.005 s"),
        ({"frequency_mhz": 123.2e6}, r"frequency_mhz \(given for .*it looks like Hz"),
        ({"frequency_mhz": 2.9}, r"frequency_mhz \(given for .*it looks like T"),
        ({"te": -0.03}, r"te \(given for .*\) is -0.03; expected one positive number"),
        ({"dwell": np.nan}, r"dwell \(given for .*\) is nan; expected one positive number"),
        ({"tr": "2 s"}, r"tr \(given for .*\) is '2 s'; expected real numbers"),
    ],
)
def test_arguments_that_cannot_be(tmp_path, arguments, match) -> None:
    assert_refused(InputError, match, write_nifti_mrs(tmp_path / "a.nii", VOXEL), **arguments)


def test_no_dwell_time(tmp_path) -> None:
    path = write_nifti_mrs(tmp_path / "a.nii", VOXEL, dwell=0.0)
    assert_refused(InputError, r"states no dwell time; give dwell= in s", path)


def test_edited_data_name_the_argument(tmp_path) -> None:
    fid = VOXEL[..., None] * np.ones(2)
    path = write_nifti_mrs(tmp_path / "a.nii", fid, header=HEADER | {"dim_5": "DIM_EDIT"})
    assert_refused(InputError, r"is edited, 2 conditions \(DIM_EDIT\); give edit= a number", path)
    assert_refused(InputError, r"keep the axis, not 2", path, edit=2)
    plain = write_nifti_mrs(tmp_path / "b.nii", VOXEL)
    assert_refused(InputError, r"edit is 0, but .* has no axis DIM_EDIT", plain, edit=0)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"frequency_mhz": 127.7}, "water: .* was acquired at 127.7 MHz, .* at 123.2 MHz"),
        ({}, r"water: .* has \(2, 1, 1\) voxels, .*\(1, 1, 1\); expected the same"),
    ],
)
def test_water_of_another_scan(tmp_path, arguments, match) -> None:
    fid = VOXEL if arguments else np.ones((2, 1, 1, 1)) * FID
    water = mrs.load(write_nifti_mrs(tmp_path / "w.nii", fid), **arguments)
    path = write_nifti_mrs(tmp_path / "a.nii", VOXEL)
    with pytest.raises(InputError, match=match):
        mrs.load(path, water=water)


def test_sdat_without_spar_and_back(tmp_path) -> None:
    path = write_sdat(tmp_path / "a.sdat", FID)
    (tmp_path / "a.spar").rename(tmp_path / "b.spar")
    assert_refused(FileError, r"has no \.spar file beside it", path)
    assert_refused(FileError, r"has no \.sdat file beside it", tmp_path / "b.spar")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (slice(None, -8), "is truncated: 2040 of the 2048 bytes"),
        (None, "holds more than its header says: 2048 for 1024"),
    ],
)
def test_sdat_of_another_length(tmp_path, change, match) -> None:
    path = write_sdat(tmp_path / "a.sdat", FID)
    if change:
        path.write_bytes(path.read_bytes()[change])
    else:
        spar = path.with_suffix(".spar")
        spar.write_text(spar.read_text().replace("samples : 256", "samples : 128"))
    assert_refused(FileError, match, path)


def test_sdat_of_spectroscopic_imaging(tmp_path) -> None:
    path = write_sdat(tmp_path / "a.sdat", FID, phase="yes")
    assert_refused(InputError, "is of spectroscopic imaging.*spec2nii", path)


def test_sdat_that_looks_edited(tmp_path) -> None:
    path = write_sdat(tmp_path / "a.sdat", np.stack([FID, FID]), scan_id="MEGA-PRESS GABA")
    match = r"looks edited \(scan_id is MEGA-PRESS GABA\).* which of its 2 rows .* spec2nii"
    assert_refused(InputError, match, path)


def test_spar_without_a_number(tmp_path) -> None:
    path = write_sdat(tmp_path / "a.sdat", FID, rows="many")
    assert_refused(InputError, "rows is 'many'; expected a number", path)


def test_vax_number_that_is_none(tmp_path) -> None:
    path = write_sdat(tmp_path / "a.sdat", FID)
    path.write_bytes(b"\x00\x80\x00\x00" + path.read_bytes()[4:])
    assert_refused(FileError, "1 of 256 samples that are no finite number", path)


@pytest.mark.parametrize(
    ("content", "match"),
    [(b"text", "expected a Siemens RDA"), (b">>> Begin of header <<<\r\nTE: 3\r\n", "Siemens RDA")],
)
def test_no_rda(tmp_path, content, match) -> None:
    (tmp_path / "a.rda").write_bytes(content)
    assert_refused(FileError, match, tmp_path / "a.rda")


@pytest.mark.parametrize(
    ("changes", "error", "match"),
    [
        ({"VectorSize": 512}, FileError, "is truncated: 4096 of the 8192 bytes"),
        ({"VectorSize": None}, InputError, "VectorSize is None; expected a whole number"),
        ({"CSIMatrixSize[0]": "16"}, InputError, "spectroscopic imaging, 16 x 1 x 1 voxels"),
        ({"TE": "3O"}, InputError, "TE is '3O'; expected a number"),
        ({"DwellTime": None}, InputError, "states no dwell time; give dwell="),
    ],
)
def test_wrong_rda(tmp_path, changes, error, match) -> None:
    assert_refused(error, match, write_rda(tmp_path / "a.rda", FID, **changes))


@pytest.mark.parametrize(
    ("head", "error", "match"),
    [
        ("", FileError, r"no group that begins with \$"),
        (" $SEQPAR ECHOT=30. $END\n", FileError, r"no group \$NMID"),
        (" $NMID SEQACQ=T $END\n", InputError, r"acquired sequentially \(SEQACQ = T\).*spec2nii"),
        (" $NMID VOLUME=0. $END\n", InputError, "VOLUME is 0.0; expected one positive number"),
        (" $NMID $END\n 1. a\n", FileError, "its data are not numbers .* expected columns"),
        (" $NMID $END\n 1.\n", FileError, "holds 513 numbers; expected pairs"),
        (" $NMID $END\n", InputError, "states no dwell time; give dwell="),
    ],
)
def test_wrong_raw(tmp_path, head, error, match) -> None:
    assert_refused(error, match, write_raw(tmp_path / "a.RAW", FID, head=head))


@pytest.mark.parametrize(
    ("changes", "error", "match"),
    [
        ({"PointsInDataset": 300}, FileError, "is truncated: 256 of the 300 lines"),
        ({"DatasetsInFile": 2}, FileError, "is truncated: 1 of the 2 signals"),
        ({"PointsInDataset": "1.5"}, InputError, "PointsInDataset is '1.5'; expected a whole"),
        ({"SamplingInterval": "0E0"}, InputError, "states no dwell time; give dwell="),
        ({"TransmitterFrequency": "123.2"}, InputError, "frequency_mhz of its header is 0.0001"),
    ],
)
def test_wrong_jmrui(tmp_path, changes, error, match) -> None:
    assert_refused(error, match, write_jmrui(tmp_path / "a.txt", FID, **changes))


def test_other_text_is_not_jmrui(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("1 2\n3 4\n")
    assert_refused(FileError, "does not begin with 'jMRUI Data Textfile'", tmp_path / "a.txt")


def test_jmrui_with_words_among_numbers(tmp_path) -> None:
    path = write_jmrui(tmp_path / "a.txt", FID)
    path.write_text(path.read_text().replace(f"{FID[0].real:.9f}", "lost"))
    assert_refused(FileError, "something else than two numbers in a line", path)


@pytest.mark.parametrize(
    ("changes", "error", "match"),
    [
        ({"rcvrs": '"yyyy"'}, InputError, "is of 4 receivers"),
        ({"te": "0.006;0.012"}, InputError, "te took 2 values, 0.006, 0.012; expected one"),
        ({"sw": "0"}, InputError, "states no dwell time; give dwell="),
        ({"status": 0x1B}, FileError, "holds spectra"),
        ({"status": 0x15, "kind": "i2"}, FileError, "has a damaged header"),
    ],
)
def test_wrong_varian(tmp_path, changes, error, match) -> None:
    folder = write_varian(tmp_path / "a.fid", np.round(100 * FID), **changes)
    with pytest.raises(error, match=match):
        mrs.load(folder)


@pytest.mark.parametrize(
    ("keep", "match"),
    [(20, "has no header of a Varian fid file"), (-40, "is truncated: .* bytes of its header")],
)
def test_cut_varian(tmp_path, keep, match) -> None:
    folder = write_varian(tmp_path / "a.fid", FID)
    (folder / "fid").write_bytes((folder / "fid").read_bytes()[:keep])
    with pytest.raises(FileError, match=match):
        mrs.load(folder)


def test_varian_without_parameters(tmp_path) -> None:
    folder = write_varian(tmp_path / "a.fid", FID)
    (folder / "procpar").write_text("nothing")
    with pytest.raises(FileError, match="has no parameters; expected those of a Varian scan"):
        mrs.load(folder)


def test_values_given_for_a_file_that_states_none(tmp_path) -> None:
    path = write_raw(tmp_path / "a.RAW", FID)
    assert_refused(InputError, "states no frequency of the spectrometer", path, dwell=DWELL)
    assert mrs.load(path, dwell=DWELL, frequency_mhz=FREQUENCY).points == 256
