"""Relaxation times of water and metabolites in the brain, by field strength, with their sources."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from biomarkers.errors import InputError
from biomarkers.ranges import known_species

if TYPE_CHECKING:
    import pandas as pd

GM, WM, CSF = "gm", "wm", "csf"
TISSUES = (GM, WM, CSF)

# Fields that count as the nominal one, relative: 2.89 T is 3 T.
_SAME_FIELD = 0.1

_GIVE = (
    "Give relaxation=mrs.Relaxation(water=…, metabolites=…); in a study, water_times and "
    "metabolite_times"
)


class Times(NamedTuple):
    """Relaxation times T1 and T2, s."""

    t1: float
    t2: float

    def signal(self, te: float, tr: float) -> float:
        """Return the share of the signal that is left: (1 - exp(-TR/T1)) exp(-TE/T2)."""
        return float((1.0 - np.exp(-tr / self.t1)) * np.exp(-te / self.t2))


Pair = tuple[float, float]


@dataclass(frozen=True)
class Relaxation:
    """Relaxation times that concentrations are corrected by.

    Parameters
    ----------
    water
        T1 and T2 of water, s, by tissue: `gm`, `wm`, `csf`.
    metabolites
        T1 and T2 of each metabolite, s: one pair for all tissue, or pairs by tissue (`gm`, `wm`).
    others
        T1 and T2, s, of metabolites that are not named; None if not known: they get no value.
    source
        Where the times come from; by name of a metabolite (or `water`) where these differ.

    Examples
    --------
    >>> from biomarkers.mrs import Relaxation
    >>> own = Relaxation(water={"gm": (1.3, 0.11), "wm": (0.8, 0.08), "csf": (3.8, 2.0)},
    ...                  metabolites={"Cr": (1.4, 0.16)}, source="measured here")
    >>> own.of("Cr", "gm")
    Times(t1=1.4, t2=0.16)
    >>> own.of("NAA", "gm") is None
    True

    """

    water: Mapping[str, Pair]
    metabolites: Mapping[str, Pair | Mapping[str, Pair]] = field(default_factory=dict)
    others: Pair | None = None
    source: str | Mapping[str, str] = "given"

    def __post_init__(self) -> None:
        missing = [tissue for tissue in TISSUES if tissue not in self.water]
        if missing:
            raise InputError(f"relaxation: no T1 and T2 of water in {', '.join(missing)}")
        for name in ("water", *self.metabolites, *(["others"] if self.others else ())):
            for pair in self._pairs(name):
                if len(pair) != 2 or not all(0.0 < each < np.inf for each in pair):
                    raise InputError(
                        f"relaxation of {name}: found {pair!r}; expected T1 and T2, s, above 0"
                    )
                if pair[0] > 20.0 or pair[1] > 5.0:
                    raise InputError(f"relaxation of {name}: {pair!r} s looks like ms")

    def _pairs(self, name: str) -> list[Pair]:
        times = {"water": self.water, "others": self.others, **self.metabolites}[name]
        return list(times.values()) if isinstance(times, Mapping) else [times]  # type: ignore[list-item]

    def of(self, metabolite: str, tissue: str) -> Times | None:
        """Return the times of a metabolite in a tissue; None where they are not known.

        Examples
        --------
        >>> from biomarkers.mrs import relaxation_times
        >>> at_3t = relaxation_times(3.0)
        >>> at_3t.of("NAA", "wm"), at_3t.of("citrate", "wm") is None
        (Times(t1=1.35, t2=0.343), True)

        """
        times = self.metabolites.get(metabolite, self.others)
        if isinstance(times, Mapping):
            times = times.get(tissue)
        return None if times is None else Times(*times)

    def with_metabolites(self, **times: Pair | Mapping[str, Pair]) -> "Relaxation":
        """Return the same with other times of some metabolites, which count as given.

        Examples
        --------
        >>> from biomarkers.mrs import relaxation_times
        >>> own = relaxation_times(3.0).with_metabolites(Lac=(1.5, 0.24))
        >>> own.of("Lac", "gm"), own.source_of("Lac")
        (Times(t1=1.5, t2=0.24), 'given')

        """
        source = self.source if isinstance(self.source, Mapping) else {}
        sources = {**source, **dict.fromkeys(times, "given")} if source else self.source
        return replace(self, metabolites={**self.metabolites, **times}, source=sources)

    def source_of(self, name: str) -> str:
        """Return where the times of a metabolite, or of `water`, come from.

        Examples
        --------
        >>> from biomarkers.mrs import relaxation_times
        >>> relaxation_times(7.0).source_of("NAA")
        'T1 Xin 2013 doi:10.1002/mrm.24352; T2 Marjanska 2012 doi:10.1002/nbm.1754'

        """
        return self.source if isinstance(self.source, str) else self.source.get(name, "")

    @property
    def table(self) -> "pd.DataFrame":
        """All times: name, tissue, t1, t2 (s), source.

        Examples
        --------
        >>> from biomarkers.mrs import relaxation_times
        >>> table = relaxation_times(3.0).table
        >>> print(table.loc[table["name"] == "NAA", ["tissue", "t1", "t2"]].to_string(index=False))
        tissue   t1    t2
            gm 1.47 0.258
            wm 1.35 0.343

        """
        import pandas as pd  # noqa: PLC0415  (slow to import)

        rows = [("water", tissue, *self.water[tissue], self.source_of("water"))
                for tissue in TISSUES]  # fmt: skip
        for name in self.metabolites:
            for tissue in (GM, WM):
                times = self.of(name, tissue)
                if times is not None:
                    rows.append((name, tissue, *times, self.source_of(name)))
        return pd.DataFrame(rows, columns=["name", "tissue", "t1", "t2", "source"])


def relaxation_times(field_t: float, *, species: str = "human") -> Relaxation:
    """Return published relaxation times of the human brain.

    Parameters
    ----------
    field_t
        Field strength, T; 3 and 7 T (within 10 %) are there.
    species
        Whose brain; only those of `human` (or `homo sapiens`) are there.

    Returns
    -------
    Relaxation
        `table` lists every time with its source.

    Raises
    ------
    InputError
        If none are known at that field, or of that species: give your own `Relaxation`.

    Examples
    --------
    >>> from biomarkers.mrs import relaxation_times
    >>> relaxation_times(2.89).of("NAA", "gm")
    Times(t1=1.47, t2=0.258)

    """
    if known_species(species) != "human":
        raise InputError(
            f"relaxation: no published relaxation times of {species!r}, only of the human brain. "
            f"{_GIVE}"
        )
    for nominal, relaxation in PUBLISHED.items():
        if abs(field_t / nominal - 1.0) <= _SAME_FIELD:
            return relaxation
    known = " and ".join(f"{nominal:g}" for nominal in PUBLISHED)
    raise InputError(
        f"relaxation: no published relaxation times at {field_t:.3g} T; they are there at {known} "
        f"T, of the human brain. {_GIVE}"
    )


_MLYNARIK = "T1 Mlynarik 2001 doi:10.1002/nbm.713"
_MEAN_T1 = "T1 taken as the mean of those of Mlynarik 2001 doi:10.1002/nbm.713"
_PUTS = "T1 Puts 2013 J Magn Reson Imaging 37:999"
_WYSS = "T2 Wyss 2018 doi:10.1002/mrm.27067"
_XIN = "T1 Xin 2013 doi:10.1002/mrm.24352"
_MARJANSKA = "T2 Marjanska 2012 doi:10.1002/nbm.1754"

# T1 in grey and white matter, T2 in grey (of two regions, the mean) and white matter, ms, as
# Osprey (Oeltzschner 2020, doi:10.1016/j.jneumeth.2020.108827) compiles them; where a metabolite's
# T1 was not measured, the mean of the measured ones stands, and the source says so.
_Row = tuple[float, float, float, float, str]
_OTHER_T1 = (1340.0, 1190.0)
_AT_3T: Mapping[str, _Row] = {
    "Asc": (*_OTHER_T1, 115.0, 172.0, f"{_MEAN_T1}; {_WYSS}"),
    "Asp": (*_OTHER_T1, 100.5, 148.0, f"{_MEAN_T1}; {_WYSS}"),
    "Cr": (1460.0, 1240.0, 146.0, 166.0, f"{_MLYNARIK}; {_WYSS}"),
    "GABA": (1310.0, 1310.0, 88.5, 88.5, f"{_PUTS}; {_WYSS}, grey matter for white, too"),
    "Glc": (*_OTHER_T1, 102.5, 155.0, f"{_MEAN_T1}; {_WYSS}"),
    "Gln": (*_OTHER_T1, 110.5, 168.0, f"{_MEAN_T1}; {_WYSS}"),
    "Glu": (1270.0, 1170.0, 128.5, 124.0, f"{_MLYNARIK}; {_WYSS}"),
    "Gly": (*_OTHER_T1, 91.5, 152.0, f"{_MEAN_T1}; {_WYSS}"),
    "GPC": (1300.0, 1080.0, 248.0, 218.0, f"{_MLYNARIK}; {_WYSS}"),
    "GSH": (*_OTHER_T1, 88.5, 145.0, f"{_MEAN_T1}; {_WYSS}"),
    "Ins": (1230.0, 1010.0, 236.5, 161.0, f"{_MLYNARIK}; {_WYSS}"),
    "Lac": (*_OTHER_T1, 104.5, 159.0, f"{_MEAN_T1}; {_WYSS}"),
    "NAA": (1470.0, 1350.0, 258.0, 343.0, f"{_MLYNARIK}; {_WYSS}"),
    "NAAG": (*_OTHER_T1, 117.5, 185.0, f"{_MEAN_T1}; {_WYSS}"),
    "PCho": (1300.0, 1080.0, 247.5, 213.0, f"{_MLYNARIK}; {_WYSS}"),
    "PCr": (1460.0, 1240.0, 146.0, 166.0, f"{_MLYNARIK}; {_WYSS}"),
    "PE": (*_OTHER_T1, 102.5, 158.0, f"{_MEAN_T1}; {_WYSS}"),
    "sIns": (*_OTHER_T1, 116.0, 170.0, f"{_MEAN_T1}; {_WYSS}"),
    "Tau": (*_OTHER_T1, 112.5, 112.5, f"{_MEAN_T1}; {_WYSS}, grey matter for white, too"),
}
_AT_7T: Mapping[str, _Row] = {
    "Cr": (1740.0, 1780.0, 107.0, 107.0, f"{_XIN}; {_MARJANSKA}"),
    "PCr": (1740.0, 1780.0, 107.0, 107.0, f"{_XIN}; {_MARJANSKA}"),
    "Gln": (1640.0, 1740.0, 107.0, 107.0, f"{_XIN}; {_MARJANSKA}, that of Glu"),
    "Glu": (1610.0, 1750.0, 107.0, 107.0, f"{_XIN}; {_MARJANSKA}"),
    "GPC": (1510.0, 1320.0, 153.0, 153.0, f"{_XIN}; {_MARJANSKA}, that of tCho"),
    "PCho": (1510.0, 1320.0, 153.0, 153.0, f"{_XIN}; {_MARJANSKA}, that of tCho"),
    "GSH": (1140.0, 1060.0, 79.0, 79.0, f"{_XIN}; {_MARJANSKA}"),
    "Ins": (1280.0, 1190.0, 111.0, 111.0, f"{_XIN}; {_MARJANSKA}"),
    "NAA": (1780.0, 1830.0, 155.0, 155.0, f"{_XIN}; {_MARJANSKA}"),
    "NAAG": (1210.0, 940.0, 155.0, 155.0, f"{_XIN}; {_MARJANSKA}, that of NAA"),
    "sIns": (1310.0, 1230.0, 105.0, 105.0, f"{_XIN}; {_MARJANSKA}"),
    "Tau": (2150.0, 2090.0, 97.0, 97.0, f"{_XIN}; {_MARJANSKA}"),
}


def _seconds(
    rows: Mapping[str, _Row],
) -> dict[str, dict[str, Pair]]:
    return {
        name: {GM: (t1_gm / 1e3, t2_gm / 1e3), WM: (t1_wm / 1e3, t2_wm / 1e3)}
        for name, (t1_gm, t1_wm, t2_gm, t2_wm, _) in rows.items()
    }


def _sources(water: str, rows: Mapping[str, _Row]) -> dict[str, str]:
    return {"water": water, **{name: row[-1] for name, row in rows.items()}}


PUBLISHED: Mapping[float, Relaxation] = MappingProxyType(
    {
        3.0: Relaxation(
            {GM: (1.331, 0.110), WM: (0.832, 0.0792), CSF: (3.817, 2.03)},
            _seconds(_AT_3T),
            source=_sources(
                "gm, wm Wansapura 1999 J Magn Reson Imaging 9:531; csf T1 Lu 2005 "
                "doi:10.1002/jmri.20356, T2 Spijkerman 2018 "
                "doi:10.1007/s10334-017-0659-3",
                _AT_3T,
            ),
        ),
        7.0: Relaxation(
            {GM: (2.130, 0.055), WM: (1.220, 0.050), CSF: (4.425, 1.05)},
            _seconds(_AT_7T),
            source=_sources(
                "T1 Rooney 2007 doi:10.1002/mrm.21122; gm, wm T2 Bartha 2002 doi:10.1002/mrm.10112"
                "; csf T2 Spijkerman 2018 doi:10.1007/s10334-017-0659-3",
                _AT_7T,
            ),
        ),
    }
)
