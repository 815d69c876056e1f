"""What an import leaves: a study that can be measured, extended, and shown to anybody."""

import gzip
import json
from itertools import product

import nibabel as nib
import numpy as np
import pytest
from bruker_of_known_truth import OWNER, write_scan
from bruker_of_known_truth import SECRETS as BRUKER_SECRETS
from dicom_of_known_truth import SECRETS, clock, ramps, write_positron, write_series
from pydicom import dcmread

from biomarkers import dce, study
from biomarkers.cli import main
from biomarkers.errors import FileError, InputError, PlanError, ProblemsError
from biomarkers.images import write_image
from biomarkers.kinetics import Input
from biomarkers.kinetics.convolution import respond
from biomarkers.relaxometry import spgr_signal
from biomarkers.study.convert import calls
from biomarkers.timing import Frames

ROW = {"subject": "01", "session": "pre", "day": 0, "suffix": "T2w"}
SMALL = ramps((8, 6, 5))
# Identifiers that the maker of series gives, and times of day and dates in any spelling.
STAMPS = ("1.2.3.77001", "20260314", "2026-03-14", "174153", "17:41:53", "14 Mar 2026")


def identifying(secrets):
    return {word for text in (*secrets.values(), *STAMPS) for word in (text, *text.split("^"))}


def assert_nothing_identifies(root, secrets):
    """No name, date or identifier stands in any file or name, compressed or not."""
    words = [word.encode() for word in identifying(secrets)]
    files = [path for path in root.rglob("*") if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content += gzip.decompress(content)
        content += str(path.relative_to(root)).encode()
        for word in words:
            assert word.lower() not in content.lower(), (path, word)


@pytest.fixture
def dicom(tmp_path):
    """One small series."""
    write_series(tmp_path / "dicom", SMALL, SeriesDescription="t2 of Jane")
    return tmp_path / "dicom"


def test_no_identifying_string_is_in_any_byte(tmp_path):
    def weighted(volume, place):
        return {
            "DiffusionBValue": 250.0 * volume,
            "DiffusionGradientOrientation": [1.0, 0.0, 0.0],
            "AcquisitionTime": clock(0.0),
        }

    source, root = tmp_path / "dicom", tmp_path / "study"
    data, told = ramps((8, 6, 5, 4)), {"ProtocolName": "Nina's protocol"}
    write_series(source, data, number=1, SeriesDescription="dce of Jane", **told)
    write_positron(source, data, number=2, SeriesDescription="pet of Jane", **told)
    write_series(source, data, number=3, of_image=weighted, SeriesDescription="dwi", **told)
    rows = [
        {**ROW, "series": number, "suffix": suffix}
        for number, suffix in ((1, "dce"), (2, "pet"), (3, "dwi"))
    ]
    imported = study.import_dicom(source, root, mapping=rows)
    assert len([path for path in imported.written if path.name.endswith(".nii.gz")]) == 3
    assert (root / "sub-01/ses-pre/dwi/sub-01_ses-pre_dwi.bval").read_text() == "0 250 500 750\n"
    assert_nothing_identifies(root, SECRETS | {"first": "Jane", "nurse": "Nina"})
    assert set(SECRETS) <= set(imported.dropped)
    others = {"StudyInstanceUID", "AcquisitionTime", "SeriesDescription", "private elements"}
    assert others <= set(imported.dropped)
    assert "PatientWeight" not in imported.dropped


def test_nothing_of_a_bruker_subject_is_copied(tmp_path):
    write_scan(tmp_path / "jane" / "1", ramps((8, 6, 3)), groups=[(3, "FG_SLICE")])
    imported = study.import_bruker(tmp_path / "jane", tmp_path / "study", mapping=[ROW])
    assert_nothing_identifies(tmp_path / "study", BRUKER_SECRETS | {"owner": OWNER, "by": "Jane"})
    assert {*BRUKER_SECRETS, "OWNER"} <= set(imported.dropped)


def test_what_is_asked_for_is_kept(tmp_path, dicom):
    imported = study.import_dicom(
        dicom, tmp_path / "study", mapping=[ROW], keep=["StationName", "SeriesDescription"]
    )
    (sidecar,) = (tmp_path / "study").rglob("*_T2w.json")
    kept = json.loads(sidecar.read_text())
    assert (kept["StationName"], kept["SeriesDescription"]) == ("MRBASEMENT", "t2 of Jane")
    assert not {"StationName", "SeriesDescription"} & set(imported.dropped)
    assert "PatientName" not in kept


def test_days_follow_from_dates_and_a_baseline(tmp_path):
    for number, date in enumerate(("20260310", "20260314", "20260331"), start=1):
        dates = dict.fromkeys(("StudyDate", "SeriesDate", "AcquisitionDate"), date)
        write_series(tmp_path / "dicom", SMALL, number=number, **dates)
    rows = [
        {"series": 1, "session": "scout"},
        {"date": "2026-03-14", "session": "base"},
        {"series": 3, "session": "late"},
        {"subject": "rat7", "suffix": "T2w"},
    ]
    root = tmp_path / "study"
    study.import_dicom(tmp_path / "dicom", root, mapping=rows, baseline="base")
    found = {session.label: session.day for session in study.open_study(root).sessions}
    assert found == {"scout": -4.0, "base": 0.0, "late": 17.0}
    with pytest.raises(ProblemsError, match="sub-rat7 ses-scout has no day: fill in"):
        study.import_dicom(tmp_path / "dicom", tmp_path / "other", mapping=rows)
    rows.insert(0, {"series": 3, "day": 0})
    with pytest.raises(ProblemsError, match="both day 0; a subject has one session a day"):
        study.import_dicom(tmp_path / "dicom", tmp_path / "other", mapping=rows, baseline="base")


def test_a_study_is_extended_and_nothing_in_it_changed(tmp_path, dicom):
    root = tmp_path / "study"
    study.import_dicom(dicom, root, mapping=[ROW])
    (root / "participants.tsv").write_text("participant_id\tgroup\nsub-01\ttreated\nsub-99\t0\n")
    (root / "dataset_description.json").write_text("{}")
    (root / ".bidsignore").write_text("mine/\n")
    before = {path: path.read_bytes() for path in root.rglob("*.nii.gz")}
    study.import_dicom(dicom, root, mapping=[{**ROW, "session": "post", "day": 7}])
    study.import_dicom(dicom, root, mapping=[{**ROW, "subject": "02"}])
    assert (root / "participants.tsv").read_text() == (
        "participant_id\tgroup\nsub-01\ttreated\nsub-99\t0\nsub-02\tn/a\n"
    )
    assert (root / "sub-01/sub-01_sessions.tsv").read_text() == (
        "session_id\tdays\nses-pre\t0\nses-post\t7\n"
    )
    assert (root / "dataset_description.json").read_text() == "{}"
    assert "mine/" in (root / ".bidsignore").read_text().splitlines()
    assert all(path.read_bytes() == content for path, content in before.items())
    with pytest.raises(ProblemsError, match="sub-01 ses-pre is day 0 already"):
        study.import_dicom(dicom, root, mapping=[{**ROW, "day": 3, "entities": "run-2"}])


def test_no_file_is_written_over(tmp_path, dicom):
    root = tmp_path / "study"
    study.import_dicom(dicom, root, mapping=[ROW])
    (image,) = root.rglob("*_T2w.nii.gz")
    image.write_bytes(b"of somebody else")
    for dry_run in (True, False):
        with pytest.raises(ProblemsError, match=r"T2w.nii.gz is there already; move it"):
            study.import_dicom(dicom, root, mapping=[ROW], dry_run=dry_run)
    assert image.read_bytes() == b"of somebody else"


def test_an_interrupted_import_leaves_nothing(tmp_path, dicom):
    write_series(dicom, SMALL, number=2)
    rows = [{**ROW, "series": number, "entities": f"run-{number}"} for number in (1, 2)]
    root = tmp_path / "study"

    def interrupt(done, total, name):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        study.import_dicom(dicom, root, mapping=rows, progress=interrupt)
    assert [path.name for path in tmp_path.iterdir()] == ["dicom"]


def test_a_file_that_comes_in_between_takes_everything_back(tmp_path, dicom):
    write_series(dicom, SMALL, number=2)
    rows = [{**ROW, "series": 2, "subject": "02"}, ROW]
    root = tmp_path / "study"
    theirs = root / "sub-02/ses-pre/anat/sub-02_ses-pre_T2w.json"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs")
    with pytest.raises(FileError, match=r"T2w\.json is there already; nothing was imported"):
        study.import_dicom(dicom, root, mapping=rows)
    assert [path for path in root.rglob("*") if path.is_file()] == [theirs]
    assert theirs.read_text() == "theirs"
    assert not (root / "sub-01").exists()


def test_two_series_cannot_become_one_image(tmp_path, dicom):
    write_series(dicom, SMALL, number=2, SeriesDescription="again")
    with pytest.raises(ProblemsError, match=r"series 2 \(again\) and series 1 .*both become"):
        study.import_dicom(dicom, tmp_path / "study", mapping=[ROW])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"subject": "a_b"}, "subject is 'a_b'; expected letters and digits"),
        ({"subject": ""}, "subject is ''"),
        ({"session": "7-8"}, "session is '7-8'"),
        ({"suffix": "T2 w"}, "suffix is 'T2 w'"),
        ({"suffix": "T9w"}, "no datatype for the suffix T9w"),
        ({"day": "soon"}, "day is 'soon'; expected a number of days"),
        ({"entities": "flip2"}, "entities has 'flip2'"),
        ({"entities": "tilt-2"}, "entities has 'tilt-2'"),
        ({"datatype": "../.."}, "datatype is '../..'"),
        ({"join": "maybe"}, "join is 'maybe'; expected yes or no"),
    ],
)
def test_what_makes_no_name_is_told(tmp_path, dicom, change, said):
    with pytest.raises(ProblemsError, match=said):
        study.import_dicom(dicom, tmp_path / "study", mapping=[ROW | change])


def test_an_unknown_column_is_told(tmp_path, dicom):
    with pytest.raises(PlanError, match="column 'subjects' is unknown; known are series, desc"):
        study.import_dicom(dicom, tmp_path / "study", mapping=[{"subjects": "01"}])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("map.csv", "description,subject,session,day,suffix\n*OF JANE,sub-01,ses-pre,0,T2w\n"),
        (
            "map.toml",
            '[[series]]\ndescription = "t2*"\nsuffix = "T2w"\n\n'
            '[[series]]\nsubject = "01"\nsession = "pre"\nday = 0\n',
        ),
    ],
)
def test_a_mapping_may_be_a_table_or_toml(tmp_path, dicom, name, text):
    (tmp_path / name).write_text(text)
    study.import_dicom(dicom, tmp_path / "study", mapping=tmp_path / name)
    assert (tmp_path / "study/sub-01/ses-pre/anat/sub-01_ses-pre_T2w.nii.gz").is_file()


def test_a_mapping_that_names_nothing_is_refused(tmp_path, dicom):
    with pytest.raises(InputError, match="none of 1 series is given a suffix"):
        study.import_dicom(dicom, tmp_path / "study", mapping=[ROW | {"description": "other"}])


def test_a_draft_numbers_subjects_and_is_never_written_over(tmp_path, dicom):
    write_series(dicom / "more", SMALL, PatientID="ANOTHER", SeriesDescription="FA_10 vfa")
    imported = study.import_dicom(dicom, tmp_path / "study")
    draft = imported.write_draft(tmp_path / "draft.csv")
    assert list(imported.table["subject"]) == ["01", "02"]
    assert list(imported.table["suffix"]) == ["VFA", "T2w"]
    assert list(imported.table["entities"]) == ["flip-1", ""]
    with pytest.raises(InputError, match="is there already"):
        imported.write_draft(draft)
    with pytest.raises(InputError, match="holds identifiers; keep it outside of"):
        imported.write_draft(tmp_path / "study" / "draft.tsv")
    with pytest.raises(InputError, match=r"ends in \.tsv or \.csv"):
        imported.write_draft(tmp_path / "draft.txt")


def test_subjects_without_identifiers_are_told_apart_by_folders(tmp_path):
    for animal in ("rat7", "rat8"):
        write_series(tmp_path / "dicom" / animal / "t2", SMALL, PatientID="")
    found = study.import_dicom(tmp_path / "dicom", tmp_path / "study")
    assert list(found.table["folder"]) == ["rat7/t2", "rat8/t2"]
    assert list(found.table["subject"]) == ["01", "02"]
    rows = [
        {"folder": "rat7/*", "subject": "seven"},
        {"folder": "rat8/*", "subject": "eight"},
        {"session": "pre", "day": 0, "suffix": "T2w"},
    ]
    study.import_dicom(tmp_path / "dicom", tmp_path / "study", mapping=rows)
    assert study.open_study(tmp_path / "study").subjects == ("eight", "seven")


def test_a_screenshot_is_no_image(tmp_path, dicom):
    paths = write_series(tmp_path / "shot", SMALL[:, :, :1], SeriesDescription="T2 report")
    image = dcmread(paths[0])
    del image.ImagePositionPatient
    image.save_as(dicom / "shot")
    found = study.import_dicom(dicom, tmp_path / "study")
    assert found.unreadable[0].startswith("series 1-2 (T2 report): headers place it nowhere")


def test_a_missing_extra_is_named(tmp_path, dicom, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pydicom", None)
    with pytest.raises(InputError, match=r"pip install 'biomarkers\[dicom\]'"):
        study.import_dicom(dicom, tmp_path / "study")
    write_scan(tmp_path / "scans" / "1", ramps((8, 6, 3)), groups=[(3, "FG_SLICE")])
    monkeypatch.setitem(__import__("sys").modules, "brukerapi.dataset", None)
    with pytest.raises(InputError, match=r"pip install 'biomarkers\[bruker\]'"):
        study.import_bruker(tmp_path / "scans", tmp_path / "study")


def test_the_command_looks_first_and_then_writes(tmp_path, dicom, capsys):
    (dicom / "notes.txt").write_text("no image")
    root, draft = tmp_path / "study", tmp_path / "draft.tsv"
    assert main(["import", "dicom", str(dicom), str(root), "--draft", str(draft), "-q"]) == 0
    said = capsys.readouterr().out
    assert "Found     1 series; subjects: 1" in said
    assert "No image  1: " in said
    assert "Dropped   " in said
    assert "PatientName" in said
    assert f"--mapping {draft}" in said
    assert not root.exists()
    assert main(["import", "dicom", str(dicom), str(root), "--mapping", str(draft), "-q"]) == 0
    assert f"Next      biomarkers measure {root} OUT" in capsys.readouterr().out
    assert study.open_study(root).subjects == ("01",)
    assert main(["import", "dicom", str(dicom), str(root), "--mapping", str(draft), "-q"]) == 2
    assert "is there already" in capsys.readouterr().err


# A small series with contrast, and what it is made of.
SHAPE, VOLUMES, SPACING = (8, 6, 2), 40, 5.0
KTRANS, VE, VP, T1, BLOOD_T1, HCT, R1 = 0.1, 0.3, 0.04, 1.4, 1.9, 0.42, 4.0
FLIPS = (3.0, 8.0, 15.0)


def contrast_series():
    """Return (x, y, z, t) of a spoiled gradient echo: tissue, and an artery in one column."""
    time = SPACING * np.arange(VOLUMES)
    since = np.maximum(time - 35.0, 0.0)
    blood = 3.0 * np.minimum(since / 12, 1) * (0.6 * np.exp(-since / 60) + 0.4)
    source = dce.smooth_between_samples(Input(time, blood=blood, hct=HCT), time)
    uptake = respond(KTRANS / 60 / VE, source.time, source.plasma, Frames.instants(time)).value
    tissue = KTRANS / 60 * uptake + VP * np.interp(time, source.time, source.plasma)
    scan = {"m0": 60000.0, "tr": 0.005, "flip_deg": 15.0, "r1": R1}
    signal = np.empty((*SHAPE, VOLUMES))
    signal[:] = dce.concentration_to_signal(tissue, t10=T1, **scan)
    signal[1, 1] = dce.concentration_to_signal(
        np.interp(time, source.time, source.blood), t10=BLOOD_T1, **scan
    )
    return signal


def test_dicom_is_imported_and_measured(tmp_path):
    source, root = tmp_path / "dicom", tmp_path / "study"
    for number, flip in enumerate(FLIPS, start=1):
        signal = spgr_signal(60000.0, np.full(SHAPE, T1), tr=0.01, flip_deg=flip)
        write_series(source, signal, number=number, SeriesDescription=f"vfa {flip:g}",
                     FlipAngle=flip, RepetitionTime=10.0)  # fmt: skip
    write_series(source, contrast_series(), number=4, spacing=SPACING, shuffled=True,
                 SeriesDescription="dce")  # fmt: skip
    draft = study.import_dicom(source, root).write_draft(tmp_path / "mapping.tsv")
    study.import_dicom(source, root, mapping=draft)
    place, stem = "sub-01/ses-day00", "sub-01_ses-day00"
    assert len(list((root / place / "anat").glob("*_flip-[123]_VFA.nii.gz"))) == 3
    # What no header tells holds for every series of the study.
    agent = {"ContrastAgentRelaxivity": R1, "BloodT1": BLOOD_T1, "Hematocrit": HCT}
    (root / "dce.json").write_text(json.dumps(agent))
    like = nib.load(root / place / "perf" / f"{stem}_dce.nii.gz")
    at = nib.affines.apply_affine(np.linalg.inv(like.affine), [3.5, 2.5, 0.0]).round().astype(int)
    regions = np.ones(SHAPE)
    regions[at[0], at[1], :] = 2
    grid = type("Grid", (), {"shape": SHAPE, "affine": like.affine, "source": "dce"})
    labels = root / "derivatives" / "labels"
    write_image(labels / place / "anat" / f"{stem}_dseg.nii.gz", regions, grid, dtype=np.int16)
    (labels / "dseg.tsv").write_text("index\tname\n1\ttumor\n2\tartery\n")
    measured = study.measure(root, tmp_path / "out")
    assert measured.failures == ()
    table = measured.table[measured.table["region"] == "tumor"].set_index("biomarker")["value"]
    # Stored as whole numbers, of which the flattest signals have a few thousand.
    for name, truth in (("Ktrans", KTRANS), ("ve", VE), ("vp", VP), ("T1", T1)):
        assert table[name] == pytest.approx(truth, rel=0.02), name


def test_both_calls_take_the_same_arguments():
    codes = [getattr(calls, name).__code__ for name in ("import_dicom", "import_bruker")]
    names = [code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] for code in codes]
    assert all(one == other for one, other in product(names, names))
