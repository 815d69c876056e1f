"""A section of the report as data, and the one place that renders templates."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from biomarkers.report import words


@dataclass(frozen=True)
class Section:
    """One part of the page.

    Parameters
    ----------
    title
        Its heading, and its line in the table of contents.
    anchor
        Its `id`.
    body
        HTML, safe by construction: rendered from a template that escapes what it is given.

    """

    title: str
    anchor: str
    body: Markup


# Figures that lose their meaning at the end of a line.
_FIGURES = r"AUC [\d.]+|\d+ % CI [\d.–]+|p (?:=|&lt;|≤) [\d.]+|(?:day|n =|seed) \d+"


def unbroken(text: str, phrases: Sequence[str]) -> Markup:
    """Escape a text and keep each of `phrases`, and every figure, on one line."""
    short = [str(escape(phrase)) for phrase in phrases if len(phrase) <= 30]
    wanted = [re.escape(phrase) for phrase in sorted(short, key=len, reverse=True)]
    pattern = "|".join([*wanted, _FIGURES])
    return Markup(re.sub(f"({pattern})", r'<span class="whole">\1</span>', str(escape(text))))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("biomarkers.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        decimal=words.decimal,
        significant=words.significant,
        p_value=words.p_value,
        thousands=words.thousands,
        capitalised=words.capitalised,
        unbroken=unbroken,
    )
    return environment


def render(template: str, context: Mapping[str, object]) -> Markup:
    """Render a template of the package; every value is escaped unless it is `Markup`."""
    return Markup(_environment().get_template(template).render(context))


@cache
def style(*names: str) -> Markup:
    """Return style sheets of the package as one."""
    folder = files("biomarkers.report") / "templates"
    # Written by us, in this package: nothing to escape.
    return Markup("\n".join((folder / name).read_text("utf-8") for name in names))
