"""A cohort is walked: names, sidecars, sessions with days."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from biomarkers.bids import parse_name, read_sidecar
from biomarkers.errors import FileError, StudyError, UnmatchedWarning
from biomarkers.images import read_image
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
    with pytest.warns(UnmatchedWarning, match="name 1 session without a folder: sub-01 ses-never"):
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


def test_sidecars_that_are_equally_near_may_not_contradict_each_other(small_study) -> None:
    anat = small_study.session() / "anat"
    by_flip, by_session = anat / "flip-2_VFA.json", anat / "ses-day00_VFA.json"
    by_flip.write_text('{"EchoTime": 0.002, "MagneticFieldStrength": 7}')
    by_session.write_text('{"EchoTime": 0.003, "MagneticFieldStrength": 7}')
    image = parse_name(small_study.file("flip-2_VFA.nii.gz"))
    assert image is not None
    with pytest.raises(
        StudyError, match=r"EchoTime is 0\.002 in one and 0\.003 in the other"
    ) as told:
        read_sidecar(image, small_study.root)
    assert str(by_flip) in str(told.value)
    assert str(by_session) in str(told.value)
    by_session.rename(small_study.session() / by_session.name)  # farther: overridden
    assert read_sidecar(image, small_study.root).number("EchoTime") == 0.002


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


def moved_behind_a_link(folder: Path, to: Path) -> None:
    folder.rename(to)
    folder.symlink_to(to)


@pytest.mark.parametrize("place", ["sub-01", "sub-01/ses-day00", "sub-01/ses-day00/anat"])
def test_a_linked_folder_is_followed(small_study, tmp_path, place: str) -> None:
    before = [file.path for file in open_study(small_study.root).sessions[0].images("VFA")]
    moved_behind_a_link(small_study.root / place, tmp_path / "elsewhere")
    session = open_study(small_study.root).sessions[0]
    assert [file.path for file in session.images("VFA")] == before
    assert [session.sidecar(file).number("FlipAngle") for file in session.images("VFA")] == [
        3, 8, 15,
    ]  # fmt: skip


def test_a_linked_image_is_read_as_datalad_keeps_it(small_study, tmp_path) -> None:
    moved_behind_a_link(small_study.file("flip-2_VFA.nii.gz"), tmp_path / "MD5E-s1.nii.gz")
    images = open_study(small_study.root).sessions[0].images("VFA")
    assert [image.entities["flip"] for image in images] == ["1", "2", "3"]
    (tmp_path / "MD5E-s1.nii.gz").unlink()
    with pytest.raises(FileError, match=r"VFA\.nii\.gz is a link to .*MD5E-s1\.nii\.gz, which is"):
        read_image(images[1].path)


def test_a_link_back_up_is_passed_over(small_study) -> None:
    before = open_study(small_study.root).sessions[0].images("VFA")
    (small_study.session() / "loop").symlink_to("..")
    (small_study.session() / "anat" / "again").symlink_to(".")
    assert open_study(small_study.root).sessions[0].images("VFA") == before


@pytest.mark.parametrize("place", ["sub-02", "sub-01/ses-day03", "sub-01/ses-day00/perf"])
def test_a_link_to_a_folder_that_is_gone_is_no_empty_folder(small_study, place: str) -> None:
    (small_study.root / place).symlink_to("/gone")
    with pytest.raises(FileError, match=f"{place} is a link to /gone, which is not there"):
        open_study(small_study.root).sessions[0].images("VFA")


@pytest.mark.parametrize("place", ["", "sub-01", "sub-01/ses-day00", "sub-01/ses-day00/anat"])
def test_a_folder_that_cannot_be_read_is_no_empty_folder(
    small_study, monkeypatch, place: str
) -> None:
    shut = small_study.root / place
    listed = Path.iterdir

    def refusing(folder: Path) -> Iterator[Path]:
        if folder == shut:
            raise PermissionError(13, "Permission denied", str(folder))
        return listed(folder)

    monkeypatch.setattr(Path, "iterdir", refusing)  # root may read everything
    with pytest.raises(FileError, match="cannot be read: permission denied"):
        open_study(small_study.root).sessions[0].images("VFA")


def test_an_image_of_another_session_is_refused(small_study) -> None:
    path = small_study.file("flip-2_VFA.nii.gz")
    path.rename(path.with_name("sub-02_ses-day00_flip-2_VFA.nii.gz"))
    with pytest.raises(StudyError, match="lies in the folder of sub-01 ses-day00"):
        open_study(small_study.root).sessions[0].images("VFA")


def test_an_ending_in_capitals_is_no_missing_image(small_study) -> None:
    path = small_study.file("flip-2_VFA.nii.gz")
    path.rename(path.with_name("sub-01_ses-day00_flip-2_VFA.NII.GZ"))
    with pytest.raises(FileError, match=r"ends in \.nii or \.nii\.gz; rename it"):
        open_study(small_study.root).sessions[0].images("VFA")


@pytest.mark.parametrize("name", ["1", "sub-1", "Sub-01", "01 "])
def test_one_subject_in_two_spellings_is_refused(small_study, name: str) -> None:
    table = small_study.root / "participants.tsv"
    table.write_text(f"participant_id\tspecies\n{name}\trat\n")
    if name == "01 ":
        assert open_study(small_study.root).sessions[0].species == "rat"
        return
    with pytest.raises(StudyError, match=r"sub-01 is sub-(Sub-0)?1 in participants\.tsv"):
        open_study(small_study.root)


def test_labels_of_a_subject_in_another_spelling_are_refused(small_study) -> None:
    maps = small_study.root / "derivatives" / "maps"
    (maps / "sub-01").rename(maps / "sub-1")
    with pytest.raises(StudyError, match=r"sub-01 is sub-1 in .*derivatives/maps"):
        open_study(small_study.root)


def test_subjects_without_a_counterpart_are_counted_and_named(small_study) -> None:
    table = small_study.root / "participants.tsv"
    table.write_text("participant_id\nsub-02\nsub-03\n")
    with pytest.warns(UnmatchedWarning) as caught:
        study = open_study(small_study.root)
    assert (
        list(study.notes)
        == [str(each.message) for each in caught]
        == [
            "participants.tsv names 2 subjects without a folder: 02, 03",
            "participants.tsv lacks 1 subject with a folder: 01",
        ]
    )


@pytest.mark.parametrize("day", ["1_0", "\uff11", "0x10", "True", "1e999", "inf", "0,5"])
def test_a_day_is_written_in_plain_digits(small_study, day: str) -> None:
    table = small_study.root / "sub-01" / "sub-01_sessions.tsv"
    table.write_text(f"session_id\tdays\nses-day00\t0\nses-day07\t{day}\n", encoding="utf-8")
    with pytest.raises(StudyError, match="row 3: days is"):
        open_study(small_study.root)
