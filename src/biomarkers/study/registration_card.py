"""The card of labels that were brought to an image: how, how well, and a picture of it."""

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.images import Fractions, Image, LabelMap, Transform, checkerboard, read_image
from biomarkers.study.cards import Card
from biomarkers.study.cohort import Session
from biomarkers.study.labelling import Placed
from biomarkers.study.legs import Target, Walked
from biomarkers.study.registering import BY_HEADER, Registration
from biomarkers.study.slices import Slice, draw_slices, stacked


def registration_card(
    session: Session,
    target: Target,
    placed: Placed,
    how: Registration,
    walked: list[Walked],
    total: Transform,
) -> Card:
    """Return the card: status `warn` where overlap is poor or a region is not wholly measured.

    The picture shows a slice of the image they were brought to, with their outlines and that of the
    mask it was compared within, and checkerboards of it and the image they were drawn on.
    """
    labels, name = placed.labels, target.names[0]
    assert labels is not None
    words, values = [f"{placed.words[:1].upper()}{placed.words[1:]}."], dict[str, float]()
    for each in walked:
        quality = each.transform.quality
        known = [f"{key} {value:.3g}" for key, value in quality.items() if np.isfinite(value)]
        words += [f"{each.leg.name}: {', '.join(known)}."] if known else []
        words += [f"Compared within {each.mask.source}."] if each.mask is not None else []
        values |= {f"{each.leg.name}_{key}": float(value) for key, value in quality.items()}
    kept = {region: volume / placed.drawn[region] for region, volume in labels.volumes().items()}
    words.append("Volume on this grid over that drawn: " + ", ".join(
        f"{region} {share:.1%}" for region, share in kept.items()) + ".")  # fmt: skip
    doubts = [f"{region}: {labels.doubt(region)}" for region in labels.regions]
    doubts = [each for each in doubts if not each.endswith(": ")]
    words += [f"{each[:1].upper()}{each[1:]}." for each in (placed.doubt, *doubts) if each]
    picture = None
    if not BY_HEADER.issuperset(target.names):
        mask = walked[-1].mask if walked else None
        picture = _picture(target.read(), labels, how, total, mask)
    return Card(
        session,
        f"register-{name.lower()}",
        f"Regions on {name}",
        " ".join(words),
        "warn" if placed.doubt or doubts else "ok",
        picture,
        {**values, **{f"volume_{region}": share for region, share in kept.items()}},
    )


def _picture(
    fixed: Image, labels: LabelMap | Fractions, how: Registration, total: Transform,
    mask: Image | None,
) -> bytes:  # fmt: skip
    shown = labels.labels if isinstance(labels, Fractions) else labels
    regions = [shown.mask(region) for region in shown.regions]
    z = int(np.argmax(np.sum(regions, axis=0).sum(axis=(0, 1)))) if regions else fixed.shape[2] // 2
    here = _even(np.asarray(fixed.data, dtype=float)[:, :, z])
    outlines = [each[:, :, z] for each in regions]
    edges = fixed.voxel_size[:2]
    slices = [Slice("regions brought here", here, edges, outlines)]
    if mask is not None:
        inside = [np.asarray(mask.data, dtype=bool)[:, :, z]]
        slices.append(Slice("compared within", here, edges, inside))
    pictures = [draw_slices(slices)]
    if how.drawn_on is not None:
        pictures.append(checkerboard(fixed, total.apply(read_image(how.drawn_on))))
    return stacked(pictures)


def _even(plane: FloatArray) -> FloatArray:
    """Return a plane from 0 to 1, by its 1st and 99th percentile."""
    known = plane[np.isfinite(plane)]
    if not known.size:
        return np.zeros_like(plane)
    low, high = np.percentile(known, [1.0, 99.0])
    return np.asarray(np.clip((plane - low) / max(high - low, np.finfo(float).tiny), 0.0, 1.0))
