"""Radiomics of one image of each session, where it is declared: rows and a card, no map."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields

from biomarkers import radiomics
from biomarkers.ibsi import split_tag
from biomarkers.images import LabelMap, probe
from biomarkers.radiomics.extraction import Measured
from biomarkers.radiomics.measurement import measured_regions
from biomarkers.radiomics.normalisation import undeclared
from biomarkers.radiomics.rows import rows_of_regions
from biomarkers.study.step import Files, Step
from biomarkers.study.steps.radiomics_pictures import mask_and_histogram
from biomarkers.study.work import Outcome, Plan, View, Work

_USUAL = "T1w"
_FIRST = 3  # reasons that a caption spells out


@dataclass(frozen=True, kw_only=True)
class RadiomicsSettings(radiomics.Settings):
    """What may be chosen of radiomics; without `bins` or `bin_width` it is not done.

    Parameters
    ----------
    image
        How the name of the image ends, with as many entities as tell it from others: `T1w`,
        `ce-gadolinium_T1w`; `T1w` if not said. The others are those of `radiomics.Settings`.

    """

    image: str | None = None

    def __post_init__(self) -> None:
        if self.is_declared:
            super().__post_init__()
            Files.named(self.image or _USUAL)

    @property
    def is_declared(self) -> bool:
        """Whether anything was chosen."""
        return any(getattr(self, each.name) != each.default for each in fields(self))


def choose(settings: RadiomicsSettings) -> tuple[Files, ...]:
    """Return the image that is declared; none if nothing is."""
    return (Files.named(settings.image or _USUAL),) if settings.is_declared else ()


def plan(view: View) -> Plan:
    """Check that regions are drawn on the image."""
    (source,) = view.every_image
    grid = probe(source.file.path, ndim=3)
    if not view.is_drawn_on(grid):
        name = source.file.path.name
        return Plan(None, (f"{name}: no radiomics, no label map lies on its grid",))
    return Plan(grid)


def measure(work: Work) -> Outcome:
    """Measure the features of every region of tissue."""
    settings: RadiomicsSettings = work.settings
    (source,) = work.every_image
    image = source.read()
    doubt = undeclared(source.file.path, settings.normalise)
    labels = work.tissue
    if labels is None or not labels.regions:
        return Outcome((), measured=False)
    regions = measured_regions(image, labels, settings)
    picture = mask_and_histogram(source.file.suffix, image, labels, regions)
    lacking = [reason for each in regions.values() for reason in each.reasons.values()]
    card = work.card(
        "radiomics",
        RADIOMICS.title,
        _caption(source.file.path.name, labels, regions, settings),
        "warn" if lacking else "ok",
        picture,
        {f"voxels {name}": float(each.region.kept.sum()) for name, each in regions.items()},
    )
    return Outcome((), (card,), rows_of_regions(regions, settings, doubt))


def _caption(
    name: str, labels: LabelMap, regions: Mapping[str, Measured], settings: RadiomicsSettings
) -> str:
    """Say what was measured and how, and what has no value and why."""
    size = settings.voxel_mm or ("as scanned",)
    edges = " x ".join("as scanned" if each is None else f"{each}" for each in size)
    levels = (
        f"{settings.bins} bins"
        if settings.bins is not None
        else f"bins of width {settings.bin_width:g}"
    )
    sentences = [
        f"{name}: {', '.join(settings.filters)} by matrices in {settings.planes.upper()}, "
        f"voxels {edges} (z, y, x), {levels}."
    ]
    for region in labels.regions:
        each = regions[region]
        kept, drawn = int(each.region.kept.sum()), int(each.region.drawn.sum())
        sentences.append(f"{region}: {kept} of {drawn} voxels by their intensity.")
        sentences += _lacking(region, each)
    return " ".join(sentences)


def _lacking(region: str, each: Measured) -> list[str]:
    """Say which families lack values, by reason."""
    families: dict[str, set[str]] = {}
    counts = Counter(each.reasons.values())
    for name, reason in each.reasons.items():
        families.setdefault(reason, set()).add(split_tag(name)[1].partition("_")[0])
    return [
        f"{region} has no value of {count} features ({', '.join(sorted(families[reason]))}): "
        f"{reason}."
        for reason, count in counts.most_common(_FIRST)
    ]


RADIOMICS = Step(
    "radiomics",
    "Radiomics",
    (),
    (),
    measure,
    plan,
    settings=RadiomicsSettings,
    folder="anat",
    choose=choose,
)
