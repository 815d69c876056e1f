"""Values of a sidecar are asked for by what they should be; what they are not is named."""

from pathlib import Path

import pytest

from biomarkers.bids import Sidecar, dataset_root, holding_datasets
from biomarkers.errors import StudyError

SIDECAR = Sidecar(
    {
        **{"offset": -3.5, "starts": [0, 60.0], "done": False, "name": " F18 "},
        **{"text": "1", "nothing": None, "flag": True, "mixed": [1, "2"], "blank": " "},
        "endless": float("inf"),
    },
    Path("study/sub-01_pet.json"),
)


def test_values_of_every_kind() -> None:
    assert SIDECAR.offset("offset") == -3.5
    assert SIDECAR.numbers("starts", of="starts", count=2) == (0.0, 60.0)
    assert SIDECAR.truth("done") is False
    assert SIDECAR.word("name", of="a nuclide") == "F18"


@pytest.mark.parametrize("key", ["text", "nothing", "flag", "starts", "endless"])
def test_what_is_no_number(key: str) -> None:
    for ask in (SIDECAR.offset, SIDECAR.number):
        with pytest.raises(StudyError, match=f"sub-01_pet.json: {key} is .*; expected a .*number"):
            ask(key)


@pytest.mark.parametrize("key", ["offset", "mixed", "starts"])
def test_what_is_no_list_of_as_many_numbers(key: str) -> None:
    with pytest.raises(StudyError, match=f"{key} is .*; expected starts, s: 3 numbers"):
        SIDECAR.numbers(key, of="starts, s", count=3)


def test_what_is_neither_true_nor_false_and_what_is_no_text() -> None:
    with pytest.raises(StudyError, match="text is '1'; expected true or false"):
        SIDECAR.truth("text")
    for key in ("blank", "offset"):
        with pytest.raises(StudyError, match=f"{key} is .*; expected a nuclide"):
            SIDECAR.word(key, of="a nuclide")


def test_what_is_absent_is_asked_for() -> None:
    with pytest.raises(StudyError, match="no key a or b; expected a number"):
        SIDECAR.number("a", "b")
    for ask in (SIDECAR.offset, SIDECAR.truth):
        with pytest.raises(StudyError, match="no key here; expected"):
            ask("here")


def test_the_dataset_of_a_file(tmp_path: Path) -> None:
    image = tmp_path / "sub-01" / "ses-1" / "pet" / "sub-01_ses-1_pet.nii.gz"
    image.parent.mkdir(parents=True)
    assert dataset_root(image) == tmp_path
    derived = tmp_path / "derivatives" / "motion" / image.relative_to(tmp_path)
    derived.parent.mkdir(parents=True)
    assert holding_datasets(derived) == (tmp_path / "derivatives" / "motion", tmp_path)
    (tmp_path / "dataset_description.json").write_text("{}")
    assert holding_datasets(image) == (tmp_path,)
    # A derivatives folder that does not say it is a dataset belongs to the one above.
    assert holding_datasets(derived) == (tmp_path,)
    lone = tmp_path.parent / "lone.nii.gz"
    assert dataset_root(lone) == lone.parent.resolve()
