"""What can be changed in a module, one operator or constant at a time: the faults of `mutants`."""

import ast
import re
from itertools import count as numbers
from typing import NamedTuple

DRAWING = re.compile(r"plot|draw|label|caption|words|picture|summary|repr|describe|report")
PAIRS = (
    *((ast.Add, ast.Sub, "+", "-"), (ast.Mult, ast.Div, "*", "/")),
    *((ast.Lt, ast.LtE, "<", "<="), (ast.Gt, ast.GtE, ">", ">="), (ast.Eq, ast.NotEq, "==", "!=")),
    (ast.And, ast.Or, "and", "or"),
)
SWAPS = {old: (a, b) for left, right, p, q in PAIRS for old, a, b in ((left, p, q), (right, q, p))}
NAMES = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum"}


class Mutant(NamedTuple):
    """One change: bytes `start` to `end` of a file, which stand on `line`, become `new`."""

    file: str
    line: int
    start: int
    end: int
    old: str
    new: str
    text: str  # of the line, without what indents it
    column: int  # of the change in that text

    @property
    def room(self):
        return self.file.split("/")[2]

    @property
    def change(self):
        return f"{self.old} -> {self.new or 'nothing'}"

    @property
    def name(self):
        return f"{self.file}:{self.line}:{self.column}  {self.change}   {self.text}"

    @property
    def key(self):
        """What stays the same when lines are added elsewhere."""
        return self.file, self.text, str(self.column), self.change

    def applied(self, source):
        return source[: self.start] + self.new.encode() + source[self.end :]


class Finder(ast.NodeVisitor):
    """Walks a module and collects what may be changed."""

    def __init__(self, file, source):
        self.file, self.source, self.mutants = file, source, []
        self.lines = source.splitlines(keepends=True)
        self.offsets = [0]
        for line in self.lines:
            self.offsets.append(self.offsets[-1] + len(line))

    def offset(self, line, column):
        return self.offsets[line - 1] + column

    def span(self, node):
        return (
            self.offset(node.lineno, node.col_offset),
            self.offset(node.end_lineno, node.end_col_offset),
        )

    def add(self, start, end, new):
        line = next(n for n in numbers(1) if self.offsets[n] > start)
        old, text = (part.decode() for part in (self.source[start:end], self.lines[line - 1]))
        column = start - self.offsets[line - 1] - (len(text) - len(text.lstrip()))
        self.mutants.append(Mutant(self.file, line, start, end, old, new, text.strip(), column))

    def swap_between(self, left, right, operator):
        """Change the operator that stands between two operands."""
        if type(operator) not in SWAPS:
            return
        old, new = SWAPS[type(operator)]
        start, end = self.span(left)[1], self.span(right)[0]
        gap = re.sub(rb"#[^\n]*", lambda found: b" " * len(found[0]), self.source[start:end])
        at = start + gap.index(old.encode())
        self.add(at, at + len(old), new)

    def visit(self, node):
        getattr(self, CHANGES.get(type(node), "nothing"))(node)
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "type_params"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not left_alone(child):
                    self.visit(child)

    def nothing(self, node):
        """Leave a node as it is."""

    def operation(self, node):
        self.swap_between(node.left, node.right, node.op)

    def connection(self, node):
        for left, right in zip(node.values, node.values[1:], strict=False):
            self.swap_between(left, right, node.op)

    def comparison(self, node):
        operands = [node.left, *node.comparators]
        for left, right, operator in zip(operands, operands[1:], node.ops, strict=False):
            self.swap_between(left, right, operator)

    def assignment(self, node):
        self.swap_between(node.target, node.value, node.op)

    def sign(self, node):
        if isinstance(node.op, ast.USub):
            start, _ = self.span(node)
            self.add(start, start + 1, "")

    def constant(self, node):
        value = node.value
        if isinstance(value, bool):
            self.add(*self.span(node), str(not value))
        elif isinstance(value, int):
            self.add(*self.span(node), str(value + 1))
        elif isinstance(value, float):
            self.add(*self.span(node), repr(2.0 * value if value else 1.0))

    def call(self, node):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else None
        name = node.func.id if isinstance(node.func, ast.Name) else name
        if name in NAMES:
            _, end = self.span(node.func)
            self.add(end - len(name), end, NAMES[name])


CHANGES = {
    ast.BinOp: "operation",
    ast.BoolOp: "connection",
    ast.Compare: "comparison",
    ast.AugAssign: "assignment",
    ast.UnaryOp: "sign",
    ast.Constant: "constant",
    ast.Call: "call",
}


def left_alone(node):
    """Whether a part of the program is passed over."""
    if isinstance(node, ast.Raise | ast.JoinedStr):
        return True
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return bool(DRAWING.search(node.name))
    targets = getattr(node, "targets", [])
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)


def mutants_of(path, root):
    """All mutants of a file."""
    finder = Finder(str(path.relative_to(root)), path.read_bytes())
    finder.visit(ast.parse(finder.source))
    return finder.mutants
