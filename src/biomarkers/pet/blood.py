"""Blood samples of a scan, as PET-BIDS keeps them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from biomarkers.bids import BidsFile, Sidecar, parse_name
from biomarkers.errors import FileError, InputError
from biomarkers.pet.blood_table import (
    PARENT,
    PLASMA,
    TIME,
    WHOLE,
    BloodTable,
    read_table,
    read_units,
)
from biomarkers.pet.scan import Scan
from biomarkers.timing import FloatArray


@dataclass(frozen=True, eq=False)
class Samples:
    """What was measured at some times: (n,) each, s and kBq/mL or a fraction; time increases.

    Examples
    --------
    >>> from biomarkers.pet import Samples
    >>> import numpy as np
    >>> samples = Samples(np.array([10.0, 60.0, 600.0]), np.array([0.0, 45.0, 9.0]))
    >>> len(samples)
    3

    """

    time: FloatArray
    value: FloatArray

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, eq=False)
class Blood:
    """Blood samples of one scan; None what was not sampled.

    Parameters
    ----------
    whole, plasma, parent
        Manual samples: concentration in whole blood and in plasma, kBq/mL, and the share of the
        plasma's that is still the tracer. Time in s after the start of injection, decay corrected
        to the same time as the image.
    continuous
        Concentration in whole blood from an autosampler.
    dispersion
        Time constant of the tubing, s, for which `continuous` has yet to be corrected; 0 if there
        is none or that has been done.
    source
        The files.

    Examples
    --------
    >>> from biomarkers import pet, sample_data
    >>> arterial = sample_data.pet_input()
    >>> time = arterial.time.to_numpy()
    >>> whole = pet.Samples(time, arterial.blood.to_numpy())
    >>> plasma = pet.Samples(time, arterial.plasma.to_numpy())
    >>> blood = pet.Blood(whole=whole, plasma=plasma)
    >>> print(f"{blood.whole.value.max():.1f} and {blood.plasma.value.max():.1f} kBq/mL")
    37.4 and 64.5 kBq/mL

    """

    whole: Samples | None = None
    plasma: Samples | None = None
    parent: Samples | None = None
    continuous: Samples | None = None
    dispersion: float = 0.0
    source: str = "blood"


def load_blood(scan: Scan) -> Blood:
    r"""Read the blood that was sampled during a scan.

    Parameters
    ----------
    scan
        From `pet.load`. Its `*_recording-*_blood.tsv` lie beside the image; their time counts
        from the same zero.

    Raises
    ------
    FileError
        If there are none.
    StudyError, TableError
        As `read_blood`.

    Examples
    --------
    Samples that lie beside the image of the scan:

    >>> import json
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from biomarkers import pet
    >>> from biomarkers.images import Image
    >>> from biomarkers.timing import Frames
    >>> table = Path("sub-01_recording-manual_blood.tsv")
    >>> _ = table.write_text("time\tplasma_radioactivity\n600\t9000\n")
    >>> units = {"time": {"Units": "s"}, "plasma_radioactivity": {"Units": "Bq/mL"}}
    >>> _ = table.with_suffix(".json").write_text(json.dumps(units))
    >>> image = Image(np.ones((4, 4, 4)), np.eye(4), "sub-01_pet.nii.gz", unit="kBq/mL")
    >>> scan = pet.Scan(image, Frames([0.0], [600.0]), pet.nuclide("F18"))
    >>> print(pet.load_blood(scan).plasma.value)
    [9.]

    """
    path = scan.sidecar.source if scan.sidecar else Path(scan.source)
    image = parse_name(path)
    tables = [] if image is None else [each.path for each in _tables_of(image)]
    if not tables:
        raise FileError(f"{path}: no *_recording-*_blood.tsv lies beside it")
    return read_blood(tables, injection_start=scan.injection_start)


def read_blood(
    paths: Path | str | Sequence[Path | str],
    *,
    injection_start: float = 0.0,
    sidecar: Path | str | None = None,
) -> Blood:
    r"""Read PET-BIDS blood tables.

    Parameters
    ----------
    paths
        One or several `*_blood.tsv`: columns `time`, `whole_blood_radioactivity`,
        `plasma_radioactivity`, `metabolite_parent_fraction`. The name of a continuous recording
        holds `recording-autosampler`; of it, whole blood is taken.
    injection_start
        Start of injection on the clock of the tables, s; taken off their times.
    sidecar
        JSON with the units; not given, those that BIDS inheritance gives each table.

    Returns
    -------
    Blood
        In s and kBq/mL, whatever the units of the files.

    Raises
    ------
    FileError
        If a file is missing.
    StudyError
        If a sidecar does not give the unit of a column, or gives one that cannot be converted.
    TableError
        If `time` or every other column is missing, a cell is no number, times repeat, or a
        fraction lies outside 0 to 1; each problem with its line and column.

    Examples
    --------
    A table in Bq/mL, with injection 60 s after its zero:

    >>> import json
    >>> from pathlib import Path
    >>> from biomarkers import pet
    >>> name = "sub-01_recording-manual_blood"
    >>> table = ["time\twhole_blood_radioactivity", "90\t45000", "660\t9000"]
    >>> _ = Path(f"{name}.tsv").write_text("\n".join(table))
    >>> units = {"time": {"Units": "s"}, "whole_blood_radioactivity": {"Units": "Bq/mL"}}
    >>> _ = Path(f"{name}.json").write_text(json.dumps(units))
    >>> blood = pet.read_blood(f"{name}.tsv", injection_start=60.0)
    >>> print(blood.whole.time, blood.whole.value)
    [ 30. 600.] [45.  9.]

    """
    listed = [paths] if isinstance(paths, Path | str) else list(paths)
    if not listed:
        raise InputError("blood: no table was given")
    given = None if sidecar is None else read_units(Path(sidecar))
    tables = [read_table(Path(path), given) for path in listed]
    manual = [table for table in tables if not table.continuous]
    automatic = [table for table in tables if table.continuous]
    return Blood(
        _merged(manual, WHOLE, injection_start),
        _merged(manual, PLASMA, injection_start),
        _merged(manual, PARENT, injection_start),
        _merged(automatic, WHOLE, injection_start),
        max((_dispersion(table.sidecar) for table in automatic), default=0.0),
        ", ".join(str(path) for path in listed),
    )


def _tables_of(image: BidsFile) -> Iterable[BidsFile]:
    """Yield the blood tables whose entities, the recording aside, the image has, too."""
    for path in sorted(image.path.parent.glob("*_blood.tsv")):
        table = parse_name(path)
        if table is not None and "recording" in table.entities:
            rest = {key: value for key, value in table.entities.items() if key != "recording"}
            if rest.items() <= image.entities.items():
                yield table


def _merged(tables: list[BloodTable], column: str, zero: float) -> Samples | None:
    """Return the samples of a column in order of time; None where there is none."""
    having = [table.columns for table in tables if column in table.columns]
    if not having:
        return None
    time = np.concatenate([each[TIME] for each in having]) - zero
    value = np.concatenate([each[column] for each in having])
    known = np.isfinite(value)
    if not known.any():
        return None
    order = np.argsort(time[known], kind="stable")
    return Samples(time[known][order], value[known][order])


def _dispersion(sidecar: Sidecar) -> float:
    """Return the time constant for which samples have yet to be corrected, s."""
    corrected = str(sidecar.values.get("DispersionCorrected", "")).lower() == "true"
    if corrected or "DispersionConstant" not in sidecar.values:
        return 0.0
    return sidecar.number("DispersionConstant")
