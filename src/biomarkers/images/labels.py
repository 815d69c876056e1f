"""Label maps: which voxels belong to which region."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
from scipy import ndimage

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.bids import strip_ending
from biomarkers.errors import ImageError, InputError, TableError
from biomarkers.images.grid import Grid, same_grid
from biomarkers.images.image import Image, read_image
from biomarkers.table.cells import kept_cells

# A parcellation of a brain has a few thousand.
MOST_REGIONS = 10_000
_SPACE = re.compile(r"_space-([A-Za-z0-9]+)")


@dataclass(frozen=True, eq=False)
class LabelMap:
    """Regions drawn on a grid; voxels of value 0 belong to none.

    Only regions that have voxels are listed: a region that a table names but nobody drew has no
    volume, which is not a volume of zero.

    Parameters
    ----------
    image
        Labels, (x, y, z), integers of 0 or more.
    names
        Name of each label present in the map; names are unique.
    space
        BIDS `space` entity of the file, saying on which images the regions were drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, LabelMap
    >>> image = Image(np.array([0, 1, 1, 2]).reshape(4, 1, 1), np.diag([0.5, 0.5, 1, 1]), "drawn")
    >>> labels = LabelMap(image, {1: "tumor", 2: "muscle"})
    >>> labels.regions, labels.volumes()
    (('tumor', 'muscle'), {'tumor': 0.5, 'muscle': 0.25})

    """

    image: Image
    names: Mapping[int, str]
    space: str | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of voxels along each axis."""
        return self.image.shape

    @property
    def affine(self) -> FloatArray:
        """Voxel indices to mm, (4, 4)."""
        return self.image.affine

    @property
    def source(self) -> str:
        """The file, or what else the labels came from."""
        return self.image.source

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the regions, in the order of their labels."""
        return tuple(self.names[label] for label in sorted(self.names))

    def mask(self, region: str) -> BoolArray:
        """Return the voxels of a region, (x, y, z).

        Raises
        ------
        InputError
            If the map has no such region.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.images import Image, LabelMap
        >>> data = np.array([0, 1, 1, 2]).reshape(4, 1, 1)
        >>> labels = LabelMap(Image(data, np.eye(4), "drawn"), {1: "tumor", 2: "muscle"})
        >>> labels.mask("tumor").ravel().tolist()
        [False, True, True, False]

        """
        for label, name in self.names.items():
            if name == region:
                return np.asarray(self.image.data == label)
        raise InputError(
            f"{self.source} has no region {region!r}; it has {', '.join(self.regions) or 'none'}"
        )

    def weights(self, region: str) -> FloatArray:
        """Return 1 for the voxels of a region, else 0, (x, y, z), as `Fractions` has shares.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.images import Image, LabelMap
        >>> data = np.array([0, 1, 1, 2]).reshape(4, 1, 1)
        >>> labels = LabelMap(Image(data, np.eye(4), "drawn"), {1: "tumor", 2: "muscle"})
        >>> labels.weights("muscle").ravel().tolist()
        [0.0, 0.0, 0.0, 1.0]

        """
        return self.mask(region).astype(float)

    def doubt(self, region: str) -> str:
        """Return why the drawing makes values of a region doubtful: it does not.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.images import Image, LabelMap
        >>> labels = LabelMap(Image(np.ones((1, 1, 1), int), np.eye(4), "drawn"), {1: "tumor"})
        >>> labels.doubt("tumor")
        ''

        """
        return ""

    def only(self, regions: tuple[str, ...]) -> "LabelMap":
        """Return some of the regions.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.images import Image, LabelMap
        >>> data = np.array([0, 1, 1, 2]).reshape(4, 1, 1)
        >>> labels = LabelMap(Image(data, np.eye(4), "drawn"), {1: "tumor", 2: "muscle"})
        >>> labels.only(("muscle",)).regions
        ('muscle',)

        """
        return replace(self, names={i: name for i, name in self.names.items() if name in regions})

    def volumes(self) -> dict[str, float]:
        """Return the volume of each region, mm^3.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.images import Image, LabelMap
        >>> data = np.zeros((10, 10, 10), int); data[2:6, 2:6, 2:7] = 1
        >>> labels = LabelMap(Image(data, np.diag([0.2, 0.2, 0.5, 1]), "drawn"), {1: "tumor"})
        >>> round(labels.volumes()["tumor"], 6)  # 80 voxels of 0.02 mm^3
        1.6

        """
        labels, counts = np.unique(self.image.data, return_counts=True)
        voxel, voxels = self.image.voxel_volume, dict(zip(labels.tolist(), counts, strict=True))
        return {self.names[label]: float(voxels[label]) * voxel for label in sorted(self.names)}


def read_labels(path: Path | str, *, names: Mapping[int, str] | None = None) -> LabelMap:
    """Read a label map.

    Parameters
    ----------
    path
        NIfTI, 3-D; its values are integers of 0 or more.
    names
        Name of each label, as `read_label_names` gives them. A label of the map without a name
        becomes `label_<n>`; a name without a voxel is left out.

    Raises
    ------
    FileError, ImageError
        As `read_image`; `ImageError` also if a value is not a label, or two get one name.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, read_labels, write_image
    >>> grid = Image(np.array([0, 1, 1, 2]).reshape(4, 1, 1), np.eye(4), "drawn")
    >>> path = write_image("sub-01_space-T2w_dseg.nii.gz", grid.data, grid, dtype=np.uint8)
    >>> labels = read_labels(path, names={1: "tumor"})
    >>> labels.volumes(), labels.space
    ({'tumor': 2.0, 'label_2': 1.0}, 'T2w')

    """
    space = _SPACE.search(Path(path).name)
    return label_map(read_image(path), names=names or {}, space=space.group(1) if space else None)


def read_named_labels(path: Path | str) -> LabelMap:
    """Read a label map, its regions named by the table beside it if there is one (`*_dseg.tsv`)."""
    path = Path(path)
    table = path.with_name(f"{strip_ending(path.name)}.tsv")
    return read_labels(path, names=read_label_names(table) if table.exists() else None)


def label_map(
    image: Image, *, names: Mapping[int, str] = MappingProxyType({}), space: str | None = None
) -> LabelMap:
    """Return the label map that an image of labels is; parameters and errors as `read_labels`."""
    data = np.asarray(image.data, dtype=float)
    bad = ~np.isfinite(data) | (data != np.round(data)) | (data < 0) | (data >= 2**31)
    if bad.any():
        voxel = tuple(int(index) for index in np.argwhere(bad)[0])
        raise ImageError(
            f"{image.source} is not a label map: it holds {data[voxel]:g} at voxel {voxel}; "
            "labels are whole numbers from 0 (outside every region)"
        )
    labels = Image(data.astype(np.int32), image.affine, image.source)
    return LabelMap(labels, _present(labels, names), space)


def read_label_names(path: Path | str) -> dict[int, str]:
    r"""Read the table of a label map, BIDS `*_dseg.tsv`: columns `index` and `name`.

    A row of index 0 (background) is left out.

    Raises
    ------
    FileError
        If the file is missing or no table, as `table.cells.read_cells`.
    TableError
        If a column is missing, an index is no whole number, a name is empty, or either occurs
        twice; all problems at once, each with its row.

    Examples
    --------
    >>> from pathlib import Path
    >>> from biomarkers.images import read_label_names
    >>> _ = Path("dseg.tsv").write_text("index\tname\n0\tbackground\n1\ttumor\n2\tmuscle\n")
    >>> read_label_names("dseg.tsv")
    {1: 'tumor', 2: 'muscle'}

    """
    cells = kept_cells(path, "a table of labels (columns index, name)")
    missing = [name for name in ("index", "name") if name not in cells]
    if missing:
        columns = ", ".join(cells.columns) or "nothing"
        raise TableError(
            [f"row 1: no column {' and '.join(missing)}; found {columns} (tab-separated?)"],
            str(path),
        )
    rows = list(zip(cells.index, cells["index"], cells["name"], strict=True))
    problems = list(_name_problems(rows))
    if problems:
        raise TableError(problems, str(path))
    return {int(index): name for _, index, name in rows if int(index) != 0}


def resample_labels(labels: LabelMap, like: Grid) -> LabelMap:
    """Bring a label map to the grid of another image, each voxel taking its nearest label.

    Parameters
    ----------
    labels
        The map.
    like
        An image or header whose shape and affine are taken.

    Returns
    -------
    LabelMap
        Regions that lose every voxel are no longer listed; `space` is None, as the regions are
        no longer the ones drawn. On the same grid already, `labels` itself.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, LabelMap, resample_labels
    >>> coarse = LabelMap(Image(np.array([[[0, 1]]]), np.eye(4), "drawn"), {1: "tumor"})
    >>> affine = np.diag([1.0, 1.0, 0.5, 1.0])
    >>> affine[2, 3] = -0.25
    >>> fine = resample_labels(coarse, Image(np.zeros((1, 1, 4)), affine, "T1w"))
    >>> fine.image.data.ravel().tolist(), fine.volumes()
    ([0, 0, 1, 1], {'tumor': 1.0})

    """
    if same_grid(labels, like):
        return labels
    to_source = np.linalg.inv(labels.affine) @ like.affine
    # grid-constant: a voxel reaches half an edge beyond its centre, also at the border.
    data = ndimage.affine_transform(
        np.asarray(labels.image.data),
        to_source[:3, :3],
        to_source[:3, 3],
        output_shape=tuple(like.shape[:3]),
        order=0,
        mode="grid-constant",
    )
    image = Image(data, like.affine, f"{labels.source} on the grid of {like.source}")
    return LabelMap(image, _present(image, labels.names))


def _present(image: Image, names: Mapping[int, str]) -> dict[int, str]:
    labels = [int(label) for label in np.unique(image.data) if label != 0]
    if len(labels) > MOST_REGIONS:
        raise ImageError(
            f"{image.source} has {len(labels)} regions; expected a label map of at most "
            f"{MOST_REGIONS}. An image of values is none"
        )
    named = {label: names.get(label, f"label_{label}") for label in labels}
    if len(set(named.values())) < len(named):
        raise ImageError(f"{image.source}: two labels have one name: {named}")
    return named


def _name_problems(rows: Iterable[tuple[int, str, str]]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for row, index, name in rows:
        if not re.fullmatch(r"[0-9]{1,10}", index):
            yield f"row {row}: index is {index!r}; expected a whole number"
            continue
        if name in ("", "n/a"):
            yield f"row {row}: index {index} has no name"
        for key in (f"index {int(index)}", f"name {name!r}"):
            if key in seen:
                yield f"row {row}: {key} is already in row {seen[key]}"
            seen.setdefault(key, row)
