"""A section of the report as data, and the one place that renders templates."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

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
    )
    return environment


def render(template: str, context: Mapping[str, object]) -> Markup:
    """Render a template of the package; every value is escaped unless it is `Markup`."""
    return Markup(_environment().get_template(template).render(context))
