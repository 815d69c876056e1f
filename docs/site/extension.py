"""What Sphinx lacks here: formulas that need no script, and links from code to the reference."""

import ast
import inspect
import re
import sys
import textwrap
from dataclasses import is_dataclass
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from site_api import addresses
from sphinx.application import Sphinx
from sphinx.domains.python import PyXRefRole
from sphinx.util.docutils import SphinxTranslator

_IDENTIFIER = re.compile(r"[A-Za-z_][\w.]*(\(\))?")
_NAME = re.compile(r"(?:biomarkers\.)?([A-Za-z_]\w*(?:\.\w+)+)(?:\(.*\))?")
_HOMES = addresses()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register them."""
    app.add_role("name", name_role)
    app.add_html_math_renderer("mathml", (inline_math, None), (block_math, None))
    app.connect("autodoc-process-signature", as_written)
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


def as_written(app: Sphinx, what: str, name: str, thing: Any, *_: Any) -> tuple[str, str] | None:
    """Return the signature of a function or dataclass with its types as they stand in the source."""
    if not (inspect.isfunction(thing) or is_dataclass(thing)):
        return None
    node: Any = ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0]
    node = _Qualified(vars(sys.modules[thing.__module__])).visit(node)
    if is_dataclass(thing):
        return _fields(thing, node), ""
    first = [*node.args.posonlyargs, *node.args.args][:1]
    if what == "method" and first and first[0].arg in ("self", "cls"):
        del (node.args.posonlyargs or node.args.args)[0]
    return f"({ast.unparse(node.args)})", ast.unparse(node.returns) if node.returns else ""


class _Qualified(ast.NodeTransformer):
    """Writes the names of what the package exports in full, with the mark to show the last part."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:  # noqa: N802 (ast calls it)
        """Write one name."""
        thing = self.names.get(node.id)
        address = _HOMES.get(f"{thing.__module__}.{node.id}") if inspect.isclass(thing) else None
        return ast.UnaryOp(ast.Invert(), ast.Name(address)) if address else node


def _fields(kind: type, node: ast.ClassDef) -> str:
    """Return the fields of a dataclass as the arguments that they are."""
    types = {
        part.target.id: ast.unparse(part.annotation)
        for part in node.body
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
    }
    parts = []
    for argument in inspect.signature(kind).parameters.values():
        if argument.kind == argument.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        default = "" if argument.default is argument.empty else f" = {_plain(argument.default)}"
        annotation = f": {types[argument.name]}" if argument.name in types else ""
        parts.append(f"{argument.name}{annotation}{default}")
    return f"({', '.join(parts)})"


def _plain(default: Any) -> str:
    """Return a default as source, or dots where it is made anew for each record."""
    text = repr(default)
    return "..." if "<" in text or len(text) > 40 else text


def link_names(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Make `room.name`, and the name of an error, a link to its place in the reference."""
    objects = app.env.domains.python_domain.objects
    for node in [*tree.findall(nodes.literal), *tree.findall(nodes.term)]:
        text = node.astext()
        match = _NAME.fullmatch(text)
        known = objects.get(_HOMES.get(f"biomarkers.{match[1]}", "") if match else f"biomarkers.errors.{text}")
        if known and not isinstance(node.parent, nodes.reference | nodes.title):
            uri = app.builder.get_relative_uri(page, known.docname) + f"#{known.node_id}"
            link = nodes.reference("", "", internal=True, refuri=uri)
            if isinstance(node, nodes.term):
                link += node.children
                node.children = []
                node += link
            else:
                node.replace_self(link)
                link += node
