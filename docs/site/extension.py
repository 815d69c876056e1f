"""What Sphinx lacks here: formulas that need no script, and links from code to the reference."""

import ast
import inspect
import re
import sys
import textwrap
import zlib
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from site_api import addresses
from sphinx.application import Sphinx
from sphinx.domains.python import PyXRefRole
from sphinx.util.docutils import SphinxTranslator

_IDENTIFIER = re.compile(r"[A-Za-z_][\w.]*(\(\))?")
_NAME = re.compile(r"(?:biomarkers\.)?([A-Za-z_]\w*(?:\.\w+)+)(?:\(.*\))?")
_ERROR = re.compile(r"\w+(Error|Warning)")
_SIGNATURE = re.compile(r"<dl>\n(<dd><em class=\"sig-param\">.*?)</dl>", re.DOTALL)
_EMPTY = re.compile(r"<th[^>]*>(<p></p>)?</th>")
_HOMES = addresses()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all of it."""
    app.add_role("name", name_role)
    app.add_html_math_renderer("mathml", (inline_math, None), (block_math, None))
    app.connect("autodoc-process-signature", as_written)
    app.connect("doctree-resolved", link_names)
    app.connect("html-page-context", make_accessible, priority=900)  # after the theme
    version = zlib.crc32(Path(__file__).read_bytes())  # all pages are read again where it changes
    return {"env_version": version, "parallel_read_safe": True, "parallel_write_safe": True}


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
    """Return the signature of a function or dataclass, with its types as in the source."""
    thing = getattr(thing, "__func__", thing)  # of a class method
    if not (inspect.isfunction(thing) or is_dataclass(thing)):
        return None
    names = _Qualified(vars(sys.modules[thing.__module__]))
    node: Any = names.visit(ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0])
    types = {
        part.target.id if isinstance(part, ast.AnnAssign) else part.arg: ast.unparse(
            part.annotation
        )
        for part in ast.walk(node if inspect.isfunction(thing) else ast.Module(node.body, []))
        if isinstance(part, ast.AnnAssign | ast.arg) and part.annotation
        if isinstance(part, ast.arg) or isinstance(part.target, ast.Name)
    }
    arguments = list(inspect.signature(thing).parameters.values())
    bound = what == "method" and arguments and arguments[0].name in ("self", "cls")
    returns = getattr(node, "returns", None)
    return _arguments(arguments[bool(bound) :], types), ast.unparse(returns) if returns else ""


class _Qualified(ast.NodeTransformer):
    """Writes the names of what the package exports in full, with the mark to show the last part."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Write one name."""
        thing = self.names.get(node.id)
        address = _HOMES.get(f"{thing.__module__}.{node.id}") if inspect.isclass(thing) else None
        return ast.UnaryOp(ast.Invert(), ast.Name(address)) if address else node


def _arguments(arguments: list[inspect.Parameter], types: dict[str, str]) -> str:
    """Return arguments with their types as source."""
    parts: list[str] = []
    for each in arguments:
        if each.kind is each.KEYWORD_ONLY and not any(part[0] == "*" for part in parts):
            parts.append("*")
        star = {each.VAR_POSITIONAL: "*", each.VAR_KEYWORD: "**"}.get(each.kind, "")
        annotation = f": {types[each.name]}" if each.name in types else ""
        default = "" if each.default is each.empty else f" = {_plain(each.default)}"
        parts.append(f"{star}{each.name}{annotation}{default}")
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
        address = f"biomarkers.errors.{text}" if _ERROR.fullmatch(text) else ""
        if match := _NAME.fullmatch(text):
            address = _HOMES.get(f"biomarkers.{match[1]}", "")
        known = objects.get(address)
        if known and not isinstance(node.parent, nodes.reference | nodes.title):
            uri = app.builder.get_relative_uri(page, known.docname) + f"#{known.node_id}"
            link = nodes.reference("", "", internal=True, refuri=uri)
            if isinstance(node, nodes.term):
                link.extend(node.children)
                node.children = []
                node.append(link)
            else:
                node.replace_self(link)
                link.append(node)


def make_accessible(
    app: Sphinx, page: str, template: str, context: dict[str, Any], *_: Any
) -> None:
    """Take what is empty for no heading and arguments for no definitions; give headings levels."""
    if body := context.get("body"):
        body = _EMPTY.sub("<td></td>", body)
        context["body"] = _SIGNATURE.sub(
            lambda match: f'<div class="sig-params">{match[1]}</div>'.replace("dd>", "div>"), body
        )
    tree = context.get("furo_navigation_tree") or ""
    context["furo_navigation_tree"] = tree.replace(
        'role="heading"', 'role="heading" aria-level="2"'
    )
