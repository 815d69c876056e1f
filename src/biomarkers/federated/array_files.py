"""Arrays of the cases of a site as a file beside its tables, by subject and lesion."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from biomarkers.errors import FileError, InputError
from biomarkers.files import replacing, require_file
from biomarkers.predict.cohort import Cohort
from biomarkers.stats.words import listed

_WHOSE = ("subject", "lesion")
_MADE = "made"


def write_arrays(cohort: Cohort, path: Path | str) -> Path:
    """Write the arrays of a cohort for `biomarkers federated site`; return the path.

    Parameters
    ----------
    cohort
        With the arrays, as `Cohort.with_array`, `workflow.with_slices` and `workflow.with_spectra`
        give it.
    path
        An archive of NumPy (.npz): `subject` and `lesion` of each case, an array by its own name,
        cases × whatever, and as JSON how they were `made`. It holds data of patients.

    Raises
    ------
    InputError
        If the cohort has no array, or one is called as a part of the file is.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import federated, predict, sample_data
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> rows = table[table["day"] == 10]
    >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
    >>> spectra = {subject: np.linspace(0.0, 1.0, 64) for subject in cohort.subject}
    >>> path = federated.write_arrays(cohort.with_array("mrs", spectra), "arrays.npz")
    >>> np.load(path)["mrs"].shape
    (16, 64)

    """
    taken = [name for name in (*_WHOSE, _MADE) if name in cohort.arrays]
    if not cohort.arrays or taken:
        raise InputError(
            f"cohort: found {f'an array {listed(taken)}' if taken else 'no array'}; expected "
            f"arrays of other names than {listed([*_WHOSE, _MADE])} (see Cohort.with_array)"
        )
    made = {name: cohort.made[name] for name in cohort.arrays if name in cohort.made}
    content: dict[str, Any] = {
        "subject": cohort.subject.astype(str),
        "lesion": cohort.lesion.astype(str),
        _MADE: np.array(json.dumps(made)),
        **cohort.arrays,
    }
    with replacing(path) as part, part.open("wb") as stream:
        np.savez(stream, **content)
    return Path(path)


def with_array_of(cohort: Cohort, path: Path | str, name: str) -> Cohort:
    """Return a cohort with one array of a file that `write_arrays` made.

    Raises
    ------
    FileError
        If it is no such file, or has no such array.
    InputError
        As `Cohort.with_array`.

    """
    what = "arrays of cases, as federated.write_arrays makes them (.npz)"
    try:
        with np.load(require_file(path, what), allow_pickle=False) as stored:
            known = sorted({*stored.files} - {*_WHOSE, _MADE})
            if name not in known:
                raise FileError(f"{path} has no array {name!r}; its arrays: {listed(known)}")
            keys = zip(*(stored[each].astype(str).tolist() for each in _WHOSE), strict=True)
            arrays = dict(zip(keys, stored[name], strict=True))
            made = json.loads(str(stored[_MADE])) if _MADE in stored.files else {}
    except FileError:
        raise
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise FileError(f"{path} cannot be read ({error}); expected {what}") from error
    return cohort.with_array(name, arrays, made=made.get(name, ""))
