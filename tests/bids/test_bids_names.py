"""Names of files are read as BIDS has them, and no others are taken for such."""

from pathlib import Path

import pytest

from biomarkers.bids import parse_name, unnamed_images
from biomarkers.errors import InputError


@pytest.mark.parametrize(
    "name",
    ["sub-01_T2w (1).nii.gz", "sub-01_T2w copy.nii.gz", "sub-01_.nii.gz", "sub-01_acq-1.nii.gz",
     "rat_01_T2w.nii.gz", "sub-01_T2w.old.nii.gz"],
)  # fmt: skip
def test_what_is_not_named_as_bids_has_it_is_said_to_be_so(name, tmp_path) -> None:
    assert parse_name(Path(name)) is None
    (tmp_path / name).touch()
    (tmp_path / "sub-01_T2w.nii.gz").touch()
    assert [path.name for path in unnamed_images(tmp_path)] == [name]


def test_entities_and_suffix_are_those_of_the_name() -> None:
    file = parse_name(Path("sub-01_ses-day03_desc-brain_mask.nii.gz"))
    assert file is not None
    assert (file.entities, file.suffix) == (
        {"sub": "01", "ses": "day03", "desc": "brain"},
        "mask",
    )


def test_a_name_may_be_text_but_nothing_else() -> None:
    file = parse_name("sub-01/sub-01_dwi.nii.gz")
    assert file is not None
    assert file.path == Path("sub-01/sub-01_dwi.nii.gz")
    with pytest.raises(InputError, match="path is 3; expected the path of a file"):
        parse_name(3)
