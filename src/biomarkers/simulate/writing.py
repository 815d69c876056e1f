"""A study of rats with glioma, from who took part to the files on disk."""

from collections.abc import Callable
from pathlib import Path

from biomarkers.errors import InputError
from biomarkers.simulate.bids import SessionWriter
from biomarkers.simulate.cohort import Rat, draw_rat, stream
from biomarkers.simulate.documents import write_documents
from biomarkers.simulate.phantom import build, draw_head
from biomarkers.simulate.signal import draw_acquisition
from biomarkers.simulate.truth import Row, true_rows, write_truth

Progress = Callable[[int, int, str], None]
FEWEST_SUBJECTS = 2


def rat_glioma(
    folder: Path | str, *, subjects: int = 24, seed: int = 1, progress: Progress | None = None
) -> Path:
    """Write a simulated longitudinal study of rats with glioma as a BIDS folder.

    Treated and untreated rats are scanned on days 0, 3, 10 and 17; some die in between. In
    responders Ktrans and blood volume depart on day 3, ADC on day 10 and tumour volume on day 17
    (module `cohort`); the truth is in `sourcedata/truth`, a plan for the analysis in `plan.toml`.

    Parameters
    ----------
    folder
        Where to write; must not exist or be empty.
    subjects
        Number of rats, 2 or more; groups take turns and both outcomes occur.
    seed
        0 or more. The same seed gives the same bytes, and a rat is the same in a cohort of any
        size.
    progress
        Called after each rat with how many are done, how many there are, and its name.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        If the folder holds something, `subjects` is below 2 or `seed` is negative.

    """
    root = Path(folder)
    _check(root, subjects, seed)
    rats = [draw_rat(number, seed=seed) for number in range(1, subjects + 1)]
    rows: list[Row] = []
    for done, rat in enumerate(rats, start=1):
        rows += _write_rat(root, rat, seed)
        if progress:
            progress(done, subjects, f"sub-{rat.label}")
    write_truth(root, rats, rows)
    write_documents(root, rats, seed=seed)
    return root


def _check(root: Path, subjects: int, seed: int) -> None:
    if root.exists() and not root.is_dir():
        raise InputError(f"{root} is a file; expected a new or an empty folder")
    if root.is_dir() and any(root.iterdir()):
        raise InputError(
            f"{root} is not empty and nothing in it is overwritten; "
            "name a new folder or delete this one"
        )
    if subjects < FEWEST_SUBJECTS:
        raise InputError(
            f"subjects is {subjects}; expected {FEWEST_SUBJECTS} or more, so that there are "
            "responders and others"
        )
    if seed < 0:
        raise InputError(f"seed is {seed}; expected 0 or more")


def _write_rat(root: Path, rat: Rat, seed: int) -> list[Row]:
    """Write every session of a rat and return what is true of it."""
    head = draw_head(stream(seed, rat.number, 1))
    rows: list[Row] = []
    for tumour in rat.tumours:
        rng = stream(seed, rat.number, 2 + tumour.day)
        phantom, acquisition = build(head, tumour), draw_acquisition(rng)
        writer = SessionWriter(root, rat.label, tumour.day)
        writer.raw(phantom, acquisition, rng)
        writer.derived(phantom, rng)
        writer.iron(phantom, acquisition, stream(seed, rat.number, 100 + tumour.day))
        rows += true_rows(rat, tumour.day, phantom, acquisition)
    return rows
