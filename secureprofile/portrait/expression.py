"""A small language for features and tags: parsed and checked here, compiled to Ibis next door. Nothing is evaluated as Python.

Row expressions see the columns of one row; fold expressions see all rows of one person and nothing else. So whatever is written in
them is a function of one person's rows and of constants.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from secureprofile.errors import UsageError

Kind = Literal["row", "fold"]

MAX_LENGTH = 1000
MAX_DEPTH = 40
LARGEST = 10**15
LONGEST = 36_500
"""Days of a window at most: a hundred years."""

ROW_FUNCTIONS = {
    "as_of": (0, 0), "days_since": (1, 1), "days_between": (2, 2), "years_since": (1, 1), "missing": (1, 1), "coalesce": (2, 9),
    "starts_with": (2, 2), "contains": (2, 2), "lower": (1, 1), "trim": (1, 1), "if_": (3, 3), "one_of": (2, 99), "year": (1, 1),
    "month": (1, 1), "hour": (1, 1), "weekday": (1, 1), "abs": (1, 1), "least": (2, 9), "greatest": (2, 9), "ln": (1, 1), "exp": (1, 1),
    "sqrt": (1, 1), "floor": (1, 1),
}  # fmt: skip
"""Function → fewest and most arguments. ``as_of`` is the end of the portrait's day; ``weekday`` is 0 for Monday."""

FOLD_FUNCTIONS = {
    "count": (0, 0), "count_distinct": (1, 1), "sum": (1, 1), "max": (1, 1), "min": (1, 1), "mean": (1, 1), "share": (1, 1),
    "latest": (2, 2), "first": (2, 2), "most": (2, 2), "decayed": (2, 2), "gap": (2, 2),
}  # fmt: skip

KEYWORDS = ("where", "last", "before", "per")
"""What narrows a fold: a condition on rows, days before the portrait's day, and groups that are folded first."""

_BINARY = (ast.Add, ast.Sub, ast.Mult, ast.Div)
_COMPARE = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)


class ExpressionError(UsageError):
    """An expression that the language does not have, or that does not fit its columns; ``hint`` says what does.

    ``at`` is the character where it went wrong, from 0; None where that is the whole.
    """

    def __init__(self, message: str, hint: str = "", at: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.at = at


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: its text, the names it reads, and the tree that was checked. ``timed``: it needs the time of its rows."""

    text: str
    kind: Kind
    names: frozenset[str]
    tree: ast.expr
    timed: bool = False

    @property
    def revealed(self) -> frozenset[str]:
        """The names whose values are looked at: not those that are only counted, or only tell groups apart."""
        counted = {id(call.args[0]) for call in ast.walk(self.tree) if isinstance(call, ast.Call) and _counts(call)}
        counted |= {id(one.value) for one in ast.walk(self.tree) if isinstance(one, ast.keyword) and one.arg == "per"}
        read = (node for node in ast.walk(self.tree) if isinstance(node, ast.Name) and id(node) not in counted)
        return frozenset(node.id for node in read) & self.names

    def at(self, name: str) -> int | None:
        """Return the first character of a name in the text."""
        nodes = (node for node in ast.walk(self.tree) if isinstance(node, ast.Name) and node.id == name)
        return next((_offset(self.text, node) for node in nodes), None)


def parse(text: str, kind: Kind) -> Expression:
    """Parse and check an expression.

    Example:
        >>> sorted(parse("sum(quantity * unit_price, where=quantity > 0, last=90)", "fold").names)
        ['quantity', 'unit_price']

    Raises:
        ExpressionError: not in the language.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"longer than {MAX_LENGTH} characters", "make parts of it features of their own")
    text = text.strip()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # an escape that Python only warns about is no text either
            tree = ast.parse(text, mode="eval").body
    except (Warning, SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError("not an expression", "such as: days_since(last_order) <= 30") from None
    checker = _Checker(text, kind)
    checker.check(tree, folded=False, depth=0)
    if kind == "fold" and not any(folds(tree)):
        raise ExpressionError("a feature folds all rows of a person", "one of: " + ", ".join(FOLD_FUNCTIONS))
    return Expression(text, kind, frozenset(checker.names), tree, checker.timed)


def function(call: ast.Call) -> str:
    """Return the name of the function that a checked call calls."""
    assert isinstance(call.func, ast.Name)
    return call.func.id


def folds(tree: ast.expr) -> Iterator[ast.Call]:
    """Yield the outermost calls of fold functions in a tree."""
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id in FOLD_FUNCTIONS:
        yield tree
        return
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.expr):
            yield from folds(child)


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """Return what a call says under a keyword."""
    return next((one.value for one in call.keywords if one.arg == name), None)


def days(call: ast.Call, name: str) -> int | None:
    """Return the days that a checked call gives under ``last`` or ``before``."""
    value = keyword(call, name)
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, int) else None


class _Checker:
    """Refuses whatever is not on the list."""

    def __init__(self, text: str, kind: Kind) -> None:
        self.text = text
        self.kind = kind
        self.names: set[str] = set()
        self.timed = False

    def refuse(self, node: ast.AST, message: str, hint: str = "see: docs/guides/tags.md") -> ExpressionError:
        return ExpressionError(message, hint, _offset(self.text, node))

    def check(self, node: ast.expr, *, folded: bool, depth: int) -> None:
        """Check a tree. ``folded``: inside a fold function, where columns may be read."""
        if depth > MAX_DEPTH:
            raise self.refuse(node, f"nested deeper than {MAX_DEPTH} levels", "make parts of it features of their own")
        match node:
            case ast.Name(id=name):
                if self.kind == "fold" and not folded:
                    raise self.refuse(
                        node, f"column {name} outside a fold function", "such as: max(…), sum(…), latest(…, …)"
                    )
                self.names.add(name)
                return
            case ast.Constant(value=bool() | str()):
                return
            case ast.Constant(value=int() | float() as number):
                if not abs(number) < LARGEST:
                    raise self.refuse(node, "a number that is too large", f"below {LARGEST:.0e}")
                return
            case ast.BinOp(op=ast.Div(), right=ast.Constant(value=0)):
                raise self.refuse(
                    node.right, "a division by zero", "divide by a feature: nobody gets a value where it is 0"
                )
            case ast.BinOp(op=op) if isinstance(op, _BINARY):
                pass
            case ast.BoolOp() | ast.UnaryOp(op=ast.Not() | ast.USub()):
                pass
            case ast.Compare(ops=ops) if all(isinstance(op, _COMPARE) for op in ops):
                pass
            case ast.Call(func=ast.Name(id=name)):
                self.call(node, name, folded=folded, depth=depth)
                return
            case _:
                raise self.refuse(node, f"{type(node).__name__} is not part of the language")
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.check(child, folded=folded, depth=depth + 1)

    def call(self, node: ast.Call, name: str, *, folded: bool, depth: int) -> None:
        fold = name in FOLD_FUNCTIONS
        if fold and (self.kind == "row" or folded):
            where = "a tag's condition" if self.kind == "row" else "another fold"
            raise self.refuse(
                node, f"{name}() folds rows and cannot stand inside {where}", "make it a feature, or give it per="
            )
        known = {**ROW_FUNCTIONS, **FOLD_FUNCTIONS}
        if name not in known:
            raise self.refuse(node, f"no function {name}()", "there are: " + ", ".join(sorted(known)))
        fewest, most = known[name]
        if not fewest <= len(node.args) <= most:
            count = str(fewest) if fewest == most else f"{fewest} or more"
            raise self.refuse(node, f"{name}() takes {count} values, and {len(node.args)} are given")
        if name == "one_of" and not all(isinstance(arg, ast.Constant) for arg in node.args[1:]):
            raise self.refuse(node, "one_of(x, …) takes constants", "one_of(city, 'Leeds', 'York')")
        self.keywords(node, name, fold=fold, depth=depth)
        if name in ("decayed", "gap"):
            self.number(node, name, node.args[1])
            self.timed |= name == "decayed"
        inside = folded or fold
        for place, one in enumerate(node.args):
            if fold and keyword(node, "per") is not None:
                self.check(one, folded=False, depth=depth + 1)  # folds of each group, and no columns outside of them
            elif not (name in ("decayed", "gap") and place == 1):
                self.check(one, folded=inside, depth=depth + 1)

    def keywords(self, node: ast.Call, name: str, *, fold: bool, depth: int) -> None:
        """Check ``where=``, ``last=``, ``before=`` and ``per=`` of a fold."""
        seen = [one.arg for one in node.keywords]
        for one in node.keywords:
            if not fold or one.arg not in KEYWORDS or seen.count(one.arg) > 1:
                raise self.refuse(node, f"{name}() does not take {one.arg}=", "folds take where=, last=, before=, per=")
            if one.arg in ("last", "before"):
                value = one.value.value if isinstance(one.value, ast.Constant) else None
                if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LONGEST:
                    raise self.refuse(node, f"{one.arg}= takes a number of days", "such as: last=90")
                self.timed = True
            else:
                self.check(one.value, folded=True, depth=depth + 1)
        last, before = days(node, "last"), days(node, "before")
        if last is not None and before is not None and before >= last:
            raise self.refuse(node, "a window that is empty", "last=60, before=30 are the 30 days before the last 30")
        if "per" in seen:
            if name in ("most", "latest", "first", "decayed", "gap"):
                raise self.refuse(node, f"{name}() does not take per=", "sum, max, min, mean, share and count do")
            inner = [call for argument in node.args for call in folds(argument)]
            if node.args and not inner:
                raise self.refuse(node, "per= folds groups first", "such as: max(sum(amount), per=order_id)")
            if any(function(call) not in _SIMPLE or keyword(call, "per") is not None for call in inner):
                raise self.refuse(node, "only plain folds stand inside per=", "one of: " + ", ".join(_SIMPLE))

    def number(self, node: ast.Call, name: str, value: ast.expr) -> None:
        """Check the half-life of ``decayed`` in days, or the quantile of ``gap``."""
        found = value.value if isinstance(value, ast.Constant) else None
        good = isinstance(found, int | float) and not isinstance(found, bool) and found > 0
        if not good or (name == "gap" and not float(found) <= 1) or (name == "decayed" and not found <= LONGEST):  # type: ignore[arg-type,operator]
            hint = "decayed(amount, 90): half as much after 90 days" if name == "decayed" else "gap(time, 0.5)"
            raise self.refuse(node, f"{name}() takes a constant number at the end", hint)


def _counts(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "count_distinct" and len(call.args) == 1


_SIMPLE = ("count", "count_distinct", "sum", "max", "min", "mean", "share")


def _offset(text: str, node: ast.AST) -> int | None:
    """Return where a node begins, in characters: Python counts bytes."""
    column = getattr(node, "col_offset", None)
    if column is None or getattr(node, "lineno", 1) != 1:
        return None
    return len(text.encode()[:column].decode(errors="replace"))
