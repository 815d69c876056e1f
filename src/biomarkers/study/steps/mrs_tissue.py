"""What the derivatives of a session say of the tissues in a spectroscopy voxel."""

from biomarkers import mrs
from biomarkers.errors import InputError
from biomarkers.mrs.tissue import tissue_regions
from biomarkers.study.work import Work

_PROBABILITIES = "probseg"
_LABELS = {"GM": "gm", "WM": "wm", "CSF": "csf"}  # of BIDS
_BOTH = {"gm", "wm"}


def fractions_of(work: Work, scan: mrs.Scan) -> dict[str, float]:
    """Return the fractions of tissues in a voxel: as set, of probability maps, or of labels.

    Raises
    ------
    InputError
        If nothing says them, or the maps do not fit the voxel.
    GeometryError
        If the voxel is not inside the maps.

    """
    if work.settings.tissue is not None:
        return dict(zip(("gm", "wm", "csf"), work.settings.tissue, strict=True))
    maps = {
        _LABELS[file.entities.get("label", "")]: file.path
        for _, file in work.session.derived()
        if file.suffix == _PROBABILITIES and file.entities.get("label", "") in _LABELS
    }
    if len(maps) == len(_LABELS):
        return mrs.tissue_fractions(scan, maps["gm"], maps["wm"], maps["csf"])
    for labels in work.labels:
        if tissue_regions(labels).keys() >= _BOTH:
            return mrs.labelled_fractions(scan, labels)
    raise InputError(
        "the tissues of the voxel are not known: no label-GM, label-WM and label-CSF *_probseg, "
        "no *_dseg with GM and WM; or give tissue = [gm, wm, csf]"
    )
