"""What Sphinx lacks here: formulas that need no script, and links from code to the reference."""

import re
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.domains.python import PyXRefRole
from sphinx.util.docutils import SphinxTranslator

_IDENTIFIER = re.compile(r"[A-Za-z_][\w.]*(\(\))?")
_NAME = re.compile(r"(?:biomarkers\.)?([A-Za-z_]\w*(?:\.\w+)+)(?:\(.*\))?$")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register them."""
    app.add_role("name", name_role)
    app.add_html_math_renderer("mathml", (inline_math, None), (block_math, None))
    app.connect("doctree-resolved", link_names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def name_role(role: str, raw: str, text: str, line: int, inliner: Any, *_: Any) -> Any:
    """Take `name` in a docstring as code, and as a link where something has that name."""
    if _IDENTIFIER.fullmatch(text):
        return PyXRefRole()("py:obj", raw, text, line, inliner)
    return [nodes.literal(raw, " ".join(text.split()))], []


def inline_math(writer: SphinxTranslator, node: nodes.Element) -> None:
    """Write a formula as MathML, which browsers draw by themselves."""
    writer.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def block_math(writer: SphinxTranslator, node: nodes.Element) -> None:
    """Write a formula in a line of its own."""
    writer.body.append(f'<div class="math">{tex2mathml(node.astext(), as_block=True)}</div>')
    raise nodes.SkipNode


def link_names(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Make `room.name` in the text of a page a link to its place in the reference."""
    objects = app.env.domains.python_domain.objects
    for literal in list(tree.findall(nodes.literal)):
        match = _NAME.match(literal.astext())
        known = match and objects.get(f"biomarkers.{match[1]}")
        if known and not isinstance(literal.parent, nodes.reference | nodes.title):
            link = app.builder.get_relative_uri(page, known.docname) + f"#{known.node_id}"
            reference = nodes.reference("", "", internal=True, refuri=link)
            literal.replace_self(reference)
            reference += literal
