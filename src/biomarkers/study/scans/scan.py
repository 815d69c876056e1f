"""What every kind of scan says of itself: what it gives, how it is planned and measured."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from biomarkers.images import LabelMap
from biomarkers.study.acquisition import Source
from biomarkers.study.cards import Card
from biomarkers.study.maps import ParameterMap
from biomarkers.study.recipe import Draft, Recipe
from biomarkers.study.sources import Sources

Maps = Mapping[str, ParameterMap]


@dataclass(frozen=True, eq=False)
class Part:
    """What one scan gave in a session.

    Parameters
    ----------
    maps
        By biomarker.
    cards
        Quality cards.
    rows
        Measurement rows beside those that maps give.
    apart
        Maps whose values are all in `rows`.

    """

    maps: Maps
    cards: tuple[Card, ...]
    rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    apart: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Scan:
    """A kind of scan.

    Parameters
    ----------
    name
        As in `Recipe.computed`.
    maps
        Biomarkers whose maps it can give.
    drawn
        Those of them that the card of maps shows.
    files
        Its images in a session; empty if there are none.
    plan
        Checks headers and sidecars and adds the scan to a draft; raises if they are faulty.
    measure
        Measures it, with the maps that are there already and the label maps of the session;
        raises `InputError` if that cannot be done.

    """

    name: str
    maps: tuple[str, ...]
    drawn: tuple[str, ...]
    files: Callable[[Sources], Sequence[Source]]
    plan: Callable[[Draft], None]
    measure: Callable[[Recipe, Maps, Sequence[LabelMap]], Part]
