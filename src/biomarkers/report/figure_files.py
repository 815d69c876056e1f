"""Figures of the report as files a paper can take: SVG, PDF and PNG of 300 dpi."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from markupsafe import Markup
from matplotlib.figure import Figure

from biomarkers.errors import FileError, InputError
from biomarkers.files import file_in, read_json, replacing, write_json
from biomarkers.report.drawing.png import to_png
from biomarkers.report.drawing.style import house_style
from biomarkers.report.drawing.svg import embedded, to_pdf, to_svg

FOLDER, INDEX = "figures", "figures.json"
FORMATS = ("svg", "pdf", "png")

# Whose figures become files: those on the page, those of every biomarker, or none.
Extent = Literal["shown", "all", "none"]


@dataclass(frozen=True, eq=False)
class FigureFile:
    """One figure.

    Parameters
    ----------
    name
        Of its files, without suffix; unique in a report.
    figure
        As matplotlib holds it.
    caption
        What stands under it.
    description
        Alternative text: what a screen reader says in place of the picture.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from biomarkers.report import FigureFile
    >>> figure = Figure()
    >>> _ = figure.subplots().plot([0, 7], [0.12, 0.07])
    >>> file = FigureFile("ktrans", figure, "Ktrans of rat 01.", "A line falls from 0.12 to 0.07.")
    >>> file.name
    'ktrans'

    """

    name: str
    figure: Figure
    caption: str
    description: str


class FigureFolder:
    """Draws each figure once for the page, and keeps its files until the page is whole.

    Parameters
    ----------
    folder
        Gets the files.
    extent
        `none` writes no files.

    Raises
    ------
    FileError
        If an earlier report's list of figures in `folder` is damaged.

    """

    def __init__(self, folder: Path, *, extent: Extent = "shown") -> None:
        if extent not in ("shown", "all", "none"):
            raise InputError(f"figures is {extent!r}; expected shown | all | none")
        self.folder = folder
        self.extent = extent
        self._index: list[dict[str, str]] = []
        self._contents: dict[str, bytes] = {}
        self._before = _listed(folder / INDEX)

    def add(self, figure: FigureFile) -> Markup:
        """Draw a figure; return its SVG to stand in the page."""
        with house_style():
            svg = to_svg(figure.figure, description=figure.description, name=figure.name)
            if self.extent != "none":
                self._keep(figure, svg)
        return embedded(svg)

    def links(self, figure: FigureFile) -> list[tuple[str, str]]:
        """Return format and address of each file of a figure, as seen from the page."""
        if self.extent == "none":
            return []
        return [
            (suffix.upper(), f"{self.folder.name}/{figure.name}.{suffix}") for suffix in FORMATS
        ]

    def finish(self) -> None:
        """Write figures, and the list of their captions; remove what an earlier report left."""
        for name, content in self._contents.items():
            with replacing(self.folder / name) as temporary:
                temporary.write_bytes(content)
        if self._index:
            write_json(self.folder / INDEX, self._index)
        for name in self._before - {entry["name"] for entry in self._index}:
            for suffix in FORMATS:
                file_in(self.folder, f"{name}.{suffix}").unlink(missing_ok=True)

    def _keep(self, figure: FigureFile, svg: str) -> None:
        self._index.append(
            {
                "name": figure.name,
                "caption": figure.caption,
                "description": figure.description,
            }
        )
        contents = {
            "svg": svg.encode(),
            "pdf": to_pdf(figure.figure, description=figure.description),
            "png": to_png(figure.figure),
        }
        for suffix, content in contents.items():
            self._contents[file_in(self.folder, f"{figure.name}.{suffix}").name] = content


def _listed(index: Path) -> set[str]:
    """Return the names of the figures that an earlier report listed, if there is one."""
    if not index.is_file():
        return set()
    entries = read_json(index, "the list of figures")
    try:
        return {str(entry["name"]) for entry in entries}
    except (TypeError, KeyError) as error:
        raise FileError(f"{index} is no list of figures; remove it") from error
