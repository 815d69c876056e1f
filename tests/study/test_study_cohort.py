"""A cohort is walked: names, sidecars, sessions with days."""

from pathlib import Path

import pytest

from biomarkers.bids import parse_name, read_sidecar
from biomarkers.errors import FileError, StudyError
from biomarkers.study import open_study


def test_names_are_taken_apart() -> None:
    file = parse_name(Path("sub-01_ses-day00_flip-2_VFA.nii.gz"))
    assert file is not None
    assert file.suffix == "VFA"
    assert file.entities == {"sub": "01", "ses": "day00", "flip": "2"}
    assert file.stem == "sub-01_ses-day00_flip-2_VFA"


@pytest.mark.parametrize("name", ["scan.backup_VFA.nii.gz", "notes_of_VFA.nii.gz"])
def test_other_names_are_passed_over(name: str) -> None:
    assert parse_name(Path(name)) is None


def test_sessions_come_in_the_order_of_their_days(small_study) -> None:
    table = small_study.root / "sub-01" / "sub-01_sessions.tsv"
    table.write_text("session_id\tdays\nses-day07\t-7\nses-day00\t0\nses-never\t3\n")
    study = open_study(small_study.root)
    assert [(session.label, session.day) for session in study.sessions] == [
        ("day07", -7.0),
        ("day00", 0.0),
    ]
    assert study.subjects == ("01",)
    assert study.participants is not None
    assert [image.entities["flip"] for image in study.sessions[0].images("VFA")] == ["1", "2", "3"]


def test_a_sidecar_inherits_from_above(small_study) -> None:
    own = small_study.file("flip-2_VFA.json")
    own.write_text('{"FlipAngle": 9}')
    (small_study.root / "VFA.json").write_text('{"EchoTime": 0.002, "FlipAngle": 1}')
    (small_study.root / "acq-other_VFA.json").write_text('{"EchoTime": 0.5}')
    image = parse_name(small_study.file("flip-2_VFA.nii.gz"))
    assert image is not None
    sidecar = read_sidecar(image, small_study.root)
    assert sidecar.number("FlipAngle") == 9
    assert sidecar.number("EchoTime") == 0.002
    with pytest.raises(StudyError, match=r"flip-2_VFA\.json: no key InversionTime"):
        sidecar.number("InversionTime")


@pytest.mark.parametrize("value", ['"ten"', "0", "-3", "true", "[1]"])
def test_a_sidecar_value_that_is_no_positive_number(small_study, value: str) -> None:
    small_study.file("flip-2_VFA.json").write_text(f'{{"FlipAngle": {value}}}')
    image = parse_name(small_study.file("flip-2_VFA.nii.gz"))
    assert image is not None
    with pytest.raises(StudyError, match=r"FlipAngle is .*expected a positive number"):
        read_sidecar(image, small_study.root).number("FlipAngle")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("session_id\nses-day00\n", "no column days"),
        ("session_id\tdays\nses-day00\t0\n", "no row for ses-day07"),
        ("session_id\tdays\nses-day00\tfirst\nses-day07\t7\n", "row 2: days is 'first'"),
    ],
)
def test_sessions_need_their_days(small_study, content: str, message: str) -> None:
    (small_study.root / "sub-01" / "sub-01_sessions.tsv").write_text(content)
    with pytest.raises(StudyError, match=message):
        open_study(small_study.root)


def test_what_is_no_study_is_refused(tmp_path: Path, small_study) -> None:
    with pytest.raises(FileError, match="does not exist; expected a BIDS study"):
        open_study(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(StudyError, match="no folder sub-<subject>/ses-<session>"):
        open_study(tmp_path / "empty")
    with pytest.raises(FileError, match="expected a derivatives dataset"):
        open_study(small_study.root, derivatives=[tmp_path / "none"])
    (small_study.root / "sub-01" / "sub-01_sessions.tsv").unlink()
    with pytest.raises(FileError, match=r"sub-01_sessions\.tsv does not exist"):
        open_study(small_study.root)
