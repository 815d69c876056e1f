"""Where in a study an imported image goes: BIDS datatypes, suffixes and the order of entities."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# BIDS 1.10, appendix "Entity table".
ENTITIES = (
    *("sub", "ses", "sample", "task", "tracksys", "acq", "ce", "trc", "stain", "rec", "dir", "run"),
    *("mod", "echo", "flip", "inv", "mt", "part", "proc", "hemi", "space", "split", "recording"),
    *("chunk", "seg", "res", "den", "label", "desc"),
)
# Folder of each suffix that the steps of a study read, and of the commonest others.
DATATYPES: Mapping[str, str] = {
    **dict.fromkeys(("T1w", "T2w", "PDw", "FLAIR", "VFA", "MEGRE", "MESE", "T2starw"), "anat"),
    **dict.fromkeys(("TB1AFI", "TB1DAM", "epi", "fieldmap"), "fmap"),
    **dict.fromkeys(("dce", "dsc", "asl"), "perf"),
    "dwi": "dwi",
    "bold": "func",
    "pet": "pet",
}
LABEL = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True)
class Target:
    """What a series becomes.

    Parameters
    ----------
    subject, session
        Labels, without `sub-` and `ses-`.
    day
        Of the session, as the mapping states it; None where it follows from dates.
    datatype, suffix
        Folder and kind of image.
    entities
        Further entities of the name, for instance `{"flip": "2"}`.
    join
        Whether it becomes one image with the other series of the same name.

    """

    subject: str
    session: str
    day: float | None
    datatype: str
    suffix: str
    entities: Mapping[str, str] = field(default_factory=dict)
    join: bool = False

    @property
    def visit(self) -> tuple[str, str]:
        """Subject and session."""
        return self.subject, self.session

    def stem(self, more: Mapping[str, str]) -> Path:
        """Return the path below the study of an image of the series, without its ending.

        `more` are the entities that tell it from others of the series; those of the mapping win.
        """
        named = {"sub": self.subject, "ses": self.session} | dict(more) | dict(self.entities)
        pairs = [f"{key}-{named[key]}" for key in ENTITIES if key in named]
        folder = Path(f"sub-{self.subject}") / f"ses-{self.session}" / self.datatype
        return folder / "_".join([*pairs, self.suffix])
