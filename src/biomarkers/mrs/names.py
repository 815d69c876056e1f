"""What metabolites are called: one spelling each, and the sums that are reported."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from biomarkers.errors import InputError

# Sums of metabolites whose lines lie on each other at clinical field strengths.
COMBINED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "tNAA": ("NAA", "NAAG"),
        "tCr": ("Cr", "PCr"),
        "tCho": ("GPC", "PCho"),
        "Glx": ("Glu", "Gln"),
    }
)

# Names of this package and what others call the same, apart from capitals, dashes and blanks.
_SPELLINGS = {
    "2HG": ("bHG", "2-hydroxyglutarate", "D2HG"),
    "Ace": ("acetate",),
    "Ala": ("alanine",),
    "Asc": ("ascorbate", "ascorbic acid", "VitC"),
    "Asp": ("aspartate",),
    "bHB": ("beta-hydroxybutyrate",),
    "Cho": ("choline",),
    "Cr": ("Cre", "creatine"),
    "GABA": ("gamma-aminobutyrate",),
    "Glc": ("Glucose", "G"),
    "Gln": ("glutamine",),
    "Glu": ("glutamate",),
    "Gly": ("glycine",),
    "GPC": ("glycerophosphocholine",),
    "GSH": ("glutathione",),
    "H2O": ("water",),
    "Ins": ("mI", "mIns", "Myo", "MyoIns", "mIno", "myo-inositol", "inositol"),
    "Lac": ("lactate",),
    "Mac": ("macromolecules",),
    "MM": (),
    "NAA": ("N-acetylaspartate",),
    "NAAG": ("N-acetylaspartylglutamate",),
    "PCho": ("PCh", "phosphocholine", "phosphorylcholine"),
    "PCr": ("phosphocreatine",),
    "PE": ("PEth", "phosphoethanolamine", "phosphorylethanolamine"),
    "Ser": ("serine",),
    "sIns": ("Scyllo", "sI", "ScylloIns", "scyllo-inositol", "sIno"),
    "Tau": ("taurine",),
}


def _key(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).lower()


_CANONICAL = {
    _key(spelling): name for name, others in _SPELLINGS.items() for spelling in (name, *others)
}


def canonical_name(name: str) -> str:
    """Return this package's spelling of a metabolite; what is unknown keeps its own.

    Examples
    --------
    >>> from biomarkers.mrs import canonical_name
    >>> [canonical_name(name) for name in ("mI", "PCh", "Scyllo", "myo-Inositol", "Xyz")]
    ['Ins', 'PCho', 'sIns', 'Ins', 'Xyz']

    """
    return _CANONICAL.get(_key(name), name.strip())


def canonical_names(names: Iterable[str], source: str) -> tuple[str, ...]:
    """Return this package's spelling of every name.

    Raises
    ------
    InputError
        If two end in one, or one is empty.

    """
    given: dict[str, str] = {}
    for name in names:
        spelled = canonical_name(name)
        if not spelled:
            raise InputError(f"{source} has a signal without a name; expected a metabolite's")
        if given.get(spelled) == name:
            raise InputError(f"{source}: {name} more than once; leave one of them out")
        if spelled in given:
            raise InputError(
                f"{source}: {given[spelled]} and {name} are both {spelled}; leave one of them out"
            )
        given[spelled] = name
    return tuple(given)
