"""b-values and gradients of a series: checked, read, and sorted into shells."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray, IntArray
from biomarkers.checks import as_numbers, parse_number
from biomarkers.errors import FileError, InputError
from biomarkers.files import read_text
from biomarkers.ranges import check_possible

# Up to here a volume counts as not weighted, and its gradient has no direction: imaging gradients
# alone make b-values of several s/mm^2.
UNWEIGHTED = 50.0
# b-values of one shell lie no farther from the next one than this, and this share of it.
_APART, _SHARE = 5.0, 0.05
_ROUNDED = 0.02  # how far the length of a gradient may be from 1
_PARALLEL = 0.999  # cosine of the angle between directions that are one


def check_bvalues(bvals: npt.ArrayLike, volumes: int, *, source: str = "bvals") -> FloatArray:
    """Return the b-value of each volume, (n,), s/mm^2; those of 0 may stand anywhere.

    Raises
    ------
    InputError
        If there is not one for each volume, one is negative or missing, the largest looks like
        another unit (named), or all are one.

    Examples
    --------
    >>> from biomarkers.dwi import check_bvalues
    >>> check_bvalues([[0, 500, 1000]], 3).tolist()
    [0.0, 500.0, 1000.0]
    >>> check_bvalues([0, 500], 3)
    Traceback (most recent call last):
    biomarkers.errors.InputError: bvals has shape (2,); expected one b-value for each of the ...

    """
    values = np.atleast_1d(np.squeeze(as_numbers(source, bvals)))
    if values.shape != (volumes,):
        raise InputError(
            f"{source} has shape {np.shape(bvals)}; expected one b-value for each of the "
            f"{volumes} volumes"
        )
    if not (np.isfinite(values) & (values >= 0.0)).all():
        raise InputError(f"{source} is {values.tolist()}; expected b-values (s/mm^2), 0 or more")
    check_possible("b_value", values.max(), source=f"{source}, at its largest,")
    if len(shells(values)[0]) < 2:
        raise InputError(
            f"{source} holds one b-value, {values.mean():g} s/mm^2; expected two different ones at "
            "least"
        )
    return values


def check_gradients(
    bvecs: npt.ArrayLike, bvals: FloatArray, *, source: str = "bvecs"
) -> FloatArray:
    """Return the direction of each volume's gradient, (n, 3), of unit length; 0 where b is 0.

    Parameters
    ----------
    bvecs
        (n, 3), or (3, n) as files have them.
    bvals
        As `check_bvalues` gives them.
    source
        What holds them, for messages.

    Raises
    ------
    InputError
        If there is not one for each volume, or one of a weighted volume is not of unit length.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.dwi import check_gradients
    >>> b = np.array([0.0, 1000, 1000, 1000])
    >>> as_in_file = np.array([[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    >>> check_gradients(as_in_file, b).tolist()
    [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]

    """
    given = as_numbers(source, bvecs)
    vectors = given.T if given.shape == (3, bvals.size) and bvals.size != 3 else given
    if vectors.shape != (bvals.size, 3):
        raise InputError(
            f"{source} has shape {given.shape}; expected three components for each of the "
            f"{bvals.size} volumes"
        )
    weighted = bvals > UNWEIGHTED
    length = np.linalg.norm(vectors, axis=1)
    wrong = np.flatnonzero(weighted & ~(np.abs(length - 1.0) <= _ROUNDED))
    if wrong.size:
        first = int(wrong[0])
        raise InputError(
            f"{source}: the gradient of volume {first} (b {bvals[first]:g} s/mm^2) has length "
            f"{length[first]:.4g}; expected 1, with the weighting in the b-values alone"
        )
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(weighted[:, None], vectors / length[:, None], 0.0))


def shells(bvals: npt.ArrayLike) -> tuple[FloatArray, IntArray]:
    """Sort volumes into shells of one nominal b-value.

    Returns
    -------
    b : ndarray
        Mean b-value of each shell, rising, (k,), s/mm^2.
    shell : ndarray
        Which shell each volume is of, (n,).

    Examples
    --------
    >>> from biomarkers.dwi import shells
    >>> shells([0, 995, 1000, 0, 2010])
    (array([   0. ,  997.5, 2010. ]), array([0, 1, 1, 0, 2]))

    """
    values = as_numbers("bvals", bvals)
    if values.ndim != 1 or not np.isfinite(values).all():
        raise InputError(f"bvals of shape {values.shape}; expected a list of finite numbers")
    order = np.argsort(values, kind="stable")
    rising = values[order]
    new = np.diff(rising) > np.maximum(_APART, _SHARE * rising[1:])
    shell = np.empty(values.size, dtype=np.int64)
    shell[order] = np.concatenate([[0], np.cumsum(new)])
    return np.asarray(np.bincount(shell, values) / np.bincount(shell)), shell


def directions(gradients: npt.ArrayLike) -> IntArray:
    """Return which direction each volume has, (n,), opposite ones being one; -1 without any.

    Raises
    ------
    InputError
        If the gradients are not numbers (n, 3).

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.dwi import directions
    >>> directions(np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [-1, 0, 0]])).tolist()
    [-1, 0, 1, 0]

    """
    gradients = as_numbers("gradients", gradients)
    if gradients.ndim != 2 or gradients.shape[1] != 3:
        raise InputError(f"gradients of shape {gradients.shape}; expected (volumes, 3)")
    which = np.full(len(gradients), -1, dtype=np.int64)
    known: list[FloatArray] = []
    for volume in np.flatnonzero(gradients.any(axis=1)):
        alike = [k for k, each in enumerate(known) if abs(gradients[volume] @ each) > _PARALLEL]
        which[volume] = alike[0] if alike else len(known)
        if not alike:
            known.append(gradients[volume])
    return which


def read_bvalues(path: Path | str) -> FloatArray:
    """Read the b-values of a `.bval` file, (n,), s/mm^2.

    Raises
    ------
    FileError
        If the file is missing, or holds something else than one line of numbers.

    Examples
    --------
    >>> from pathlib import Path
    >>> from biomarkers.dwi import read_bvalues
    >>> _ = Path("sub-01_dwi.bval").write_text("0 500 1000")
    >>> read_bvalues("sub-01_dwi.bval").tolist()
    [0.0, 500.0, 1000.0]

    """
    return _numbers(Path(path), 1, "b-values (one line of numbers)").ravel()


def read_gradients(path: Path | str) -> FloatArray:
    """Read the directions of a `.bvec` file, (n, 3), along the axes of the image.

    Raises
    ------
    FileError
        If the file is missing, or holds something else than three lines of numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.dwi import read_gradients
    >>> np.savetxt("sub-01_dwi.bvec", [[0, 1, 0, 0.6], [0, 0, 1, 0], [0, 0, 0, 0.8]])
    >>> read_gradients("sub-01_dwi.bvec")[3].tolist()
    [0.6, 0.0, 0.8]

    """
    return _numbers(Path(path), 3, "gradients (three lines of numbers)").T


def _numbers(path: Path, lines: int, what: str) -> FloatArray:
    text = read_text(path, what)
    rows = [line.split() for line in text.splitlines() if line.strip()]
    if len(rows) != lines and all(len(row) == lines for row in rows):  # one volume a line
        rows = [list(column) for column in zip(*rows, strict=True)]
    values = [[parse_number(word) for word in row] for row in rows]
    counts = {len(row) for row in values}
    if len(values) != lines or len(counts) != 1 or not np.isfinite(values).all():
        raise FileError(f"{path} does not hold {what}; convert it again")
    return np.array(values)
