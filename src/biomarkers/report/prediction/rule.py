"""The rule that was made of all cases: its model card."""

import re

from markupsafe import Markup

from biomarkers.predict.model_card import COLUMNS, card_parts
from biomarkers.report.blocks import Table, heading, items, joined, table
from biomarkers.report.page import SectionMaker
from biomarkers.report.prediction.view import PredictionPage
from biomarkers.report.section import Section, unbroken

_FEATURES = "Features of the rule; how it was made: unit, and digest of the settings of extraction"
_NUMBERS = frozenset({"Mean", "SD", "Range", "Missing"})


def rule_section(page: PredictionPage) -> Section | None:
    """Build the section; None where no rule was given."""
    view = page.view
    if view.rule is None:
        return None
    columns = [f"#{name}" if name in _NUMBERS else name for name in COLUMNS]
    parts = []
    for part in card_parts(view.rule.card, view.seen):
        rows = Markup()
        if part.rows:
            content = Table("rule-features", _FEATURES, columns, [("", part.rows)], words=True)
            rows = table(content)
        parts.append(joined(heading(part.title), items(map(_with_code, part.lines)), rows))
    return Section("Model card of the rule", "rule", joined(*parts))


def _with_code(line: str) -> Markup:
    """Return a line of Markdown with what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(unbroken(line, ()))))


RULE = SectionMaker(75, rule_section)
