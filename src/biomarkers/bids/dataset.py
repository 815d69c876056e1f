"""Where a file stands: its dataset, and the study that holds it."""

import os
from pathlib import Path

DESCRIPTION = "dataset_description.json"
_DERIVATIVES = "derivatives"


def dataset_root(path: Path) -> Path:
    """Return the dataset that a file belongs to.

    It is the nearest folder above with a `dataset_description.json`, else the folder that holds
    the file's `sub-` folder, else the file's own folder.

    Examples
    --------
    >>> from pathlib import Path
    >>> from biomarkers.bids import dataset_root
    >>> root = dataset_root(Path("glioma/sub-01/ses-day00/dwi/sub-01_ses-day00_dwi.nii.gz"))
    >>> root.name
    'glioma'

    """
    # Not resolved: a link belongs to the dataset it lies in, wherever it leads.
    folder = Path(os.path.abspath(path.parent))  # noqa: PTH100
    above = (folder, *folder.parents)
    for each in above:
        if (each / DESCRIPTION).is_file():
            return each
    subject = next((each for each in above if each.name.startswith("sub-")), None)
    return subject.parent if subject else folder


def holding_datasets(path: Path) -> tuple[Path, ...]:
    """Return the dataset of a file and, of a derivatives dataset, the study it was derived from.

    Examples
    --------
    >>> from pathlib import Path
    >>> from biomarkers.bids import holding_datasets
    >>> path = Path("glioma/derivatives/masks/sub-01/anat/sub-01_dseg.nii.gz")
    >>> [root.name for root in holding_datasets(path)]
    ['masks', 'glioma']

    """
    root = dataset_root(path)
    if root.parent.name == _DERIVATIVES:
        return root, root.parent.parent
    return (root,)
