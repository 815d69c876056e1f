"""A small PET-BIDS dataset, every key of which a test may change."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from biomarkers.images import Image, write_image

NAME = "sub-01_ses-day03_trc-FLT_pet"
KEYS: dict[str, Any] = {
    "TimeZero": "10:00:00",
    "ScanStart": 0,
    "InjectionStart": -3600,
    "FrameTimesStart": [0, 300],
    "FrameDuration": [300, 600],
    "ImageDecayCorrected": True,
    "ImageDecayCorrectionTime": 0,
    "Units": "Bq/mL",
    "TracerName": "FLT",
    "TracerRadionuclide": "F18",
    "InjectedRadioactivity": 20.0,
    "InjectedRadioactivityUnits": "MBq",
}


def write_dataset(
    root: Path,
    *,
    keys: dict[str, Any] | None = None,
    without: tuple[str, ...] = (),
    shape: tuple[int, ...] = (2, 3, 4, 2),
    value: float = 5000.0,
) -> Path:
    """Write a dataset with one scan and return the image."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "dataset_description.json").write_text('{"Name": "x", "BIDSVersion": "1.10.0"}')
    image = root / "sub-01" / "ses-day03" / "pet" / f"{NAME}.nii.gz"
    values = np.full(shape, value)
    grid = Image(values, np.diag([2.0, 2.0, 2.0, 1.0]), "made here")
    write_image(image, values, like=grid, dtype=np.float64)
    content = {key: value for key, value in {**KEYS, **(keys or {})}.items() if key not in without}
    image.with_name(f"{NAME}.json").write_text(json.dumps(content))
    return image


def write_table(path: Path, rows: list[dict[str, object]]) -> None:
    """Write a TSV table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = list(dict.fromkeys(key for row in rows for key in row))
    lines = ["\t".join(header)]
    lines += ["\t".join(str(row.get(key, "n/a")) for key in header) for row in rows]
    path.write_text("\n".join(lines) + "\n")
