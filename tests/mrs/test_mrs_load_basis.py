"""Bases of LCModel, jMRUI and FSL-MRS: signals, places, names."""

import json

import numpy as np
import pytest
from mrs_files import DWELL, FREQUENCY, signal, write_basis, write_jmrui, write_raw

from biomarkers import mrs
from biomarkers.errors import FileError, InputError
from biomarkers.mrs.reading.lcmodel_basis import masking

NAA = signal(lines=((2.01, 3.0),))
CR = signal(lines=((3.03, 3.0), (3.91, 2.0)))


def assert_basis(basis, atol=1e-4) -> None:
    assert set(basis.names) == {"NAA", "Cr"}
    np.testing.assert_allclose(basis["NAA"], NAA, atol=atol)
    np.testing.assert_allclose(basis["Cr"], CR, atol=atol)
    assert basis.dwell == pytest.approx(DWELL)
    assert basis.frequency_mhz == pytest.approx(FREQUENCY)


def test_lcmodel_basis_of_any_case_and_spacing(tmp_path) -> None:
    path = write_basis(tmp_path / "a.BASIS", {"NAA": NAA, "Cr": CR})
    basis = mrs.load_basis(path)
    assert_basis(basis)
    assert (basis.te, basis.sequence, basis.source) == (0.03, "PRESS", str(path))


def test_shifts_of_the_reference_and_concentrations_are_undone(tmp_path) -> None:
    path = write_basis(
        tmp_path / "a.basis", {"NAA": NAA, "Cr": CR}, shifts={"NAA": 7, "Cr": -200}, conc=40.0
    )
    assert_basis(mrs.load_basis(path))


def test_a_positive_shift_moves_to_larger_ppm(tmp_path) -> None:
    """LCModel: ISHIFT points to the left; a point is 1 / (512 x 0.25 ms x 123.2 MHz) ppm."""
    path = write_basis(tmp_path / "a.basis", {"NAA": NAA})
    text = path.read_text().replace("ISHIFT=0", "ISHIFT=10")
    path.write_text(text)
    basis = mrs.load_basis(path)
    moved = signal(lines=((2.01 + 10 / (512 * DWELL * FREQUENCY), 3.0),))
    np.testing.assert_allclose(basis["NAA"], moved, atol=1e-4)


def test_a_basis_with_null_bytes_is_refused(tmp_path) -> None:
    path = write_basis(tmp_path / "a.basis", {"NAA": NAA})
    path.write_text(path.read_text().replace("ISHIFT=0", "ISHIFT=\0009\0"))
    with pytest.raises(FileError, match=r"a.basis is not text \(it holds null bytes\)"):
        mrs.load_basis(path)


def test_a_masked_basis_has_a_negative_dwell_time(tmp_path) -> None:
    """The first numbers of the generator are 16807 x 1499 and its successors mod 2^31 - 1."""
    first = 16807 * 1499
    second = 16807 * first % (2**31 - 1)
    expected = -np.exp(10 - 20 * np.array([first, second]) / (2**31 - 1))
    np.testing.assert_allclose(masking(2), expected, rtol=1e-6)
    path = write_basis(tmp_path / "a.BASIS", {"NAA": NAA, "Cr": CR}, mask=masking(512))
    assert_basis(mrs.load_basis(path))


def test_signals_that_fill_the_whole_file_are_kept_whole(tmp_path) -> None:
    slow = signal(points=512, rate=1.0, lines=((2.01, 3.0),))
    path = write_basis(tmp_path / "a.BASIS", {"NAA": slow[:256]})
    assert mrs.load_basis(path).fid.shape == (1, 256)
    spectrum = np.fft.fft(slow.conj(), norm="ortho")
    head = path.read_text().split(" $NMUSED")[0]
    rows = "".join(f"{value.real:.8E} {value.imag:.8E}\n" for value in spectrum)
    path.write_text(f"{head} $BASIS METABO='NAA' $END\n{rows}")
    np.testing.assert_allclose(mrs.load_basis(path)["NAA"], slow, atol=1e-6)


@pytest.mark.parametrize("decay", ["Lorentzian", "Gaussian"])
def test_the_singlet_at_0_ppm_goes_unless_kept(tmp_path, decay) -> None:
    time = np.arange(2048) * DWELL
    decays = np.exp(-6 * time if decay == "Lorentzian" else -30 * time**2)
    creatine = signal(2048, lines=((3.03, 3.0), (3.91, 2.0)))
    marked = creatine + signal(2048, lines=((0.001, 1.0),), rate=0.0) * decays
    path = write_basis(tmp_path / "a.BASIS", {"Cr": marked})
    np.testing.assert_allclose(mrs.load_basis(path)["Cr"], creatine, atol=2e-3)
    np.testing.assert_allclose(mrs.load_basis(path, keep_reference=True)["Cr"], marked, atol=2e-4)


def test_a_line_elsewhere_stays(tmp_path) -> None:
    lipid = signal(2048, lines=((0.9, 1.0), (0.2, 0.5)), rate=40.0)
    path = write_basis(tmp_path / "a.BASIS", {"Lip09": lipid})
    np.testing.assert_allclose(mrs.load_basis(path)["Lip09"], lipid, atol=1e-4)


def test_a_folder_of_raw(tmp_path) -> None:
    write_raw(tmp_path / "NAA.RAW", NAA)
    write_raw(tmp_path / "Cr.raw", CR)
    (tmp_path / "readme.md").write_text("not a signal")
    arguments = {"dwell": DWELL, "frequency_mhz": FREQUENCY, "te": 0.03}
    basis = mrs.load_basis(tmp_path, **arguments)
    assert_basis(basis)
    assert basis.te == 0.03


def test_a_folder_of_jmrui_texts(tmp_path) -> None:
    write_jmrui(tmp_path / "NAA.txt", NAA)
    write_jmrui(tmp_path / "Cr.txt", CR)
    (tmp_path / "summary.txt").write_text("not a signal")
    assert_basis(mrs.load_basis(tmp_path))


def test_one_jmrui_text_names_its_signals(tmp_path) -> None:
    path = write_jmrui(tmp_path / "a.txt", np.stack([NAA, CR]), SignalNames="NAA.txt;Cr.txt;")
    assert_basis(mrs.load_basis(path))


def write_fsl(path, fid, **changes):
    parts = {"basis_re": fid.real.tolist(), "basis_im": fid.imag.tolist()}
    known = {"basis_dwell": DWELL, "basis_centre": FREQUENCY, "basis_name": path.stem}
    basis = {**parts, **known, **changes}
    path.write_text(json.dumps({"basis": {k: v for k, v in basis.items() if v is not None}}))


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_folder_of_fsl_mrs_in_either_convention(tmp_path, mirrored) -> None:
    for name, fid in (("NAA", NAA), ("Cr", CR)):
        write_fsl(tmp_path / f"{name}.json", fid.conj() if mirrored else fid)
    assert_basis(mrs.load_basis(tmp_path), atol=1e-9)


def test_names_have_one_spelling_and_unknown_ones_stay(tmp_path) -> None:
    fids = {"mI": NAA, "PCh": CR, "Scyllo": NAA, "Cre": CR, "Foo": NAA}
    basis = mrs.load_basis(write_basis(tmp_path / "a.BASIS", fids))
    assert basis.names == ("Ins", "PCho", "sIns", "Cr", "Foo")


def test_two_of_one_name_are_refused(tmp_path) -> None:
    path = write_basis(tmp_path / "a.BASIS", {"mI": NAA, "Ins": CR})
    with pytest.raises(InputError, match=r"a\.BASIS: mI and Ins are both Ins; leave one"):
        mrs.load_basis(path)


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        (("BADELT", "BADELTA"), InputError, "states no dwell time; give dwell="),
        (("hzpppm= 123.2", "hzpppm= -1."), InputError, "states no frequency .* frequency_mhz="),
        (("NDATAB = 512", "NDATAB = 500"), FileError, "512 for 500 numbers .NDATAB. of NAA"),
        (("NDATAB = 512", "NDATAB = 600"), FileError, "512 of the 600 numbers .NDATAB. of NAA"),
        (("ISHIFT=0", "ISHIFT=0.5"), InputError, "ISHIFT of NAA is 0.5; expected a whole number"),
        (("Metabo  ='NAA'", "Metabo = ' '"), InputError, "has a signal without a name"),
        (("CONC= 1.0", "CONC= 0."), InputError, "CONC is 0.0; expected one positive number"),
        (("$Basis", "$Bass"), FileError, r"has no group \$BASIS"),
        (("$", "%"), FileError, r"has no group that begins with \$"),
        (("ECHOT =  30.", "ECHOT = 30000."), InputError, "te of its header is 30 s; expected 0"),
    ],
)
def test_wrong_lcmodel_basis(tmp_path, change, error, match) -> None:
    path = write_basis(tmp_path / "a.BASIS", {"NAA": NAA})
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(error, match=match):
        mrs.load_basis(path)


@pytest.mark.parametrize(
    ("changes", "error", "match"),
    [
        ({"basis_dwell": None}, FileError, "Cr.json lacks basis_dwell of its basis"),
        ({"basis_im": [1.0]}, FileError, "do not fit"),
        ({"basis_dwell": 5e-4}, InputError, "dwell of NAA is 0.00025, that of Cr 0.0005"),
        ({"basis_centre": 123.2e6}, InputError, "frequency_mhz of NAA"),
    ],
)
def test_wrong_fsl_basis(tmp_path, changes, error, match) -> None:
    write_fsl(tmp_path / "Cr.json", CR, **changes)
    write_fsl(tmp_path / "NAA.json", NAA)
    with pytest.raises(error, match=match):
        mrs.load_basis(tmp_path)


def test_folders_of_raw_need_dwell_time_and_one_length(tmp_path) -> None:
    write_raw(tmp_path / "Cr.RAW", CR)
    with pytest.raises(InputError, match="states no dwell time; give dwell="):
        mrs.load_basis(tmp_path)
    write_raw(tmp_path / "NAA.RAW", NAA[:128])
    with pytest.raises(InputError, match="NAA has 128 samples, Cr 256; expected as many"):
        mrs.load_basis(tmp_path, dwell=DWELL, frequency_mhz=FREQUENCY)


def test_what_is_no_basis_lists_what_is_read(tmp_path) -> None:
    with pytest.raises(FileError, match=r"holds no basis; expected an LCModel \.BASIS file"):
        mrs.load_basis(tmp_path)
    (tmp_path / "a.nii").write_text("")
    with pytest.raises(FileError, match=r"a\.nii is no basis; expected an LCModel \.BASIS file"):
        mrs.load_basis(tmp_path / "a.nii")


def test_more_signals_than_names(tmp_path) -> None:
    path = write_jmrui(tmp_path / "a.txt", np.stack([NAA, CR]), SignalNames="NAA.txt")
    with pytest.raises(InputError, match="names 1 of its 2 signals"):
        mrs.load_basis(path)
