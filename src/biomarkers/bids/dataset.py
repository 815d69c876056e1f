"""Where a file stands: its dataset, and the study that holds it."""

import os
from pathlib import Path

DESCRIPTION = "dataset_description.json"
_DERIVATIVES = "derivatives"


def dataset_root(path: Path) -> Path:
    """Return the dataset that a file belongs to.

    It is the nearest folder above with a `dataset_description.json`, else the folder that holds
    the file's `sub-` folder, else the file's own folder.
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
    """Return the dataset of a file and, of a derivatives dataset, the study it was derived from."""
    root = dataset_root(path)
    if root.parent.name == _DERIVATIVES:
        return root, root.parent.parent
    return (root,)
