"""A small language for features and tags: parsed, checked, compiled to Ibis. Nothing is evaluated as Python.

Row expressions see the columns of one row; fold expressions see all rows of one person and nothing else. So whatever is written in
them is a function of one person's rows and of constants.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis.common.annotations import ValidationError
from ibis.common.exceptions import IbisError

from secureprofile.errors import UsageError

Kind = Literal["row", "fold"]

MAX_LENGTH = 1000
MAX_DEPTH = 40
LARGEST = 10**15

ROW_FUNCTIONS = {
    "as_of": (0, 0), "days_since": (1, 1), "years_since": (1, 1), "missing": (1, 1), "starts_with": (2, 2), "lower": (1, 1),
    "trim": (1, 1), "if_": (3, 3), "one_of": (2, 99), "year": (1, 1), "hour": (1, 1), "weekday": (1, 1),
}  # fmt: skip
"""Function → fewest and most arguments. ``as_of`` is the end of the portrait's day; ``weekday`` is 0 for Monday."""

FOLD_FUNCTIONS = {
    "count": (0, 0), "count_distinct": (1, 1), "sum": (1, 1), "max": (1, 1), "min": (1, 1), "mean": (1, 1), "share": (1, 1),
    "latest": (2, 2), "most": (2, 2),
}  # fmt: skip

_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}


class ExpressionError(UsageError):
    """An expression that the language does not have, or that does not fit its columns; ``hint`` says what does."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: its text, the columns it reads, and the tree that was checked."""

    text: str
    kind: Kind
    names: frozenset[str]
    tree: ast.expr


def parse(text: str, kind: Kind) -> Expression:
    """Parse and check an expression.

    Example:
        >>> sorted(parse("sum(quantity * unit_price)", "fold").names)
        ['quantity', 'unit_price']

    Raises:
        ExpressionError: not in the language.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"longer than {MAX_LENGTH} characters", "make parts of it features of their own")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # an escape that Python only warns about is no text either
            tree = ast.parse(text.strip(), mode="eval").body
    except (Warning, SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError("not an expression", "such as: days_since(last_order) <= 30") from None
    names: set[str] = set()
    _check(tree, kind, names, folded=False, depth=0)
    if kind == "fold" and not _has_fold(tree):
        raise ExpressionError("a feature folds all rows of a person", "one of: " + ", ".join(FOLD_FUNCTIONS))
    return Expression(text.strip(), kind, frozenset(names), tree)


def _has_fold(tree: ast.expr) -> bool:
    calls = (n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name))
    return any(isinstance(call.func, ast.Name) and call.func.id in FOLD_FUNCTIONS for call in calls)


def _check(node: ast.expr, kind: Kind, names: set[str], *, folded: bool, depth: int) -> None:
    """Refuse whatever is not on the list. ``folded``: inside a fold function, where columns may be read."""
    if depth > MAX_DEPTH:
        raise ExpressionError(f"nested deeper than {MAX_DEPTH} levels", "make parts of it features of their own")
    inner = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    match node:
        case ast.Name(id=name):
            if kind == "fold" and not folded:
                raise ExpressionError(f"column {name} outside a fold function", "such as: max(…), sum(…), latest(…, …)")
            names.add(name)
            return
        case ast.Constant(value=bool() | str()):
            return
        case ast.Constant(value=int() | float() as number):
            if not abs(number) < LARGEST:
                raise ExpressionError("a number that is too large", f"below {LARGEST:.0e}")
            return
        case ast.BinOp(op=op) if type(op) in _BINARY:
            pass
        case ast.BoolOp() | ast.UnaryOp(op=ast.Not() | ast.USub()):
            pass
        case ast.Compare(ops=ops) if all(type(op) in _COMPARE for op in ops):
            pass
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
            folded = _check_call(name, len(args), kind, folded=folded)
            inner = args
            if name == "one_of" and not all(isinstance(arg, ast.Constant) for arg in args[1:]):
                raise ExpressionError("one_of(x, …) takes constants", "one_of(city, 'Leeds', 'York')")
        case _:
            word = type(node).__name__
            raise ExpressionError(f"{word} is not part of the language", "see: docs/guides/tags.md")
    for child in inner:
        _check(child, kind, names, folded=folded, depth=depth + 1)


def _check_call(name: str, arguments: int, kind: Kind, *, folded: bool) -> bool:
    """Return whether the arguments are inside a fold."""
    if name in FOLD_FUNCTIONS and (kind == "row" or folded):
        where = "a tag's condition" if kind == "row" else "another fold"
        raise ExpressionError(f"{name}() folds rows and cannot stand inside {where}", "make it a feature")
    known = {**ROW_FUNCTIONS, **FOLD_FUNCTIONS}
    if name not in known:
        raise ExpressionError(f"no function {name}()", "there are: " + ", ".join(sorted(known)))
    fewest, most = known[name]
    if not fewest <= arguments <= most:
        count = str(fewest) if fewest == most else f"{fewest} or more"
        raise ExpressionError(f"{name}() takes {count} values, and {arguments} are given", "see: docs/guides/tags.md")
    return folded or name in FOLD_FUNCTIONS


def compile_row(expression: Expression, columns: Mapping[str, ir.Value], as_of: date) -> ir.Value:
    """Return a row expression over the given columns.

    Raises:
        ExpressionError: it does not fit the types of its columns.
    """
    _present(expression, columns)
    with _fitting(expression):
        value: ir.Value = _Compiler(columns, as_of).value(expression.tree)
        return value


def compile_condition(expression: Expression, columns: Mapping[str, ir.Value], as_of: date) -> ir.BooleanValue:
    """Return a row expression that is true or false; unknown counts as false.

    Raises:
        ExpressionError: it is something else, or does not fit the types of its columns.
    """
    value = compile_row(expression, columns, as_of)
    if not isinstance(value, ir.BooleanValue):
        raise ExpressionError(f"`{expression.text}` is neither true nor false", "compare it with something: … > 0")
    return value.fill_null(False)


def _present(expression: Expression, columns: Mapping[str, ir.Value]) -> None:
    missing = sorted(expression.names - set(columns))
    if missing:
        hint = "the purpose does not keep it, or no file had it; keep it in the policy, or leave it out of the tags"
        raise ExpressionError(f"`{expression.text}` reads {', '.join(missing)}, which is not stored", hint)


@contextmanager
def _fitting(expression: Expression) -> Iterator[None]:
    try:
        yield
    except (IbisError, ValidationError, TypeError, AttributeError, ValueError):
        hint = "the policy gives columns their types: text, integer, decimal, date, timestamp"
        raise ExpressionError(f"`{expression.text}` does not fit the types of its columns", hint) from None


class _Compiler:
    """Turns a checked tree into an Ibis value; fold functions are looked up among columns already folded."""

    def __init__(
        self, columns: Mapping[str, ir.Value], as_of: date, folds: Mapping[str, ir.Value] | None = None
    ) -> None:
        self.columns = columns
        self.as_of = as_of
        self.folds = folds or {}

    def value(self, node: ast.expr) -> Any:
        match node:
            case ast.Name(id=name):
                return self.columns[name]
            case ast.Constant(value=value):
                return ibis.literal(value)
            case ast.BinOp(left=left, op=op, right=right):
                return _BINARY[type(op)](_wide(self.value(left)), self.value(right))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return ~self.value(operand)
            case ast.UnaryOp(operand=operand):
                return -self.value(operand)
            case ast.BoolOp(op=op, values=values):
                return self._bool(op, [self.value(value) for value in values])
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                return self._compare([left, *comparators], ops)
            case ast.Call(func=ast.Name(id=name)) if name in FOLD_FUNCTIONS:
                return self.folds[ast.unparse(node)]
            case ast.Call(func=ast.Name(id=name), args=args):
                return self._call(name, args)
        raise AssertionError("a tree that was not checked")

    @staticmethod
    def _bool(op: ast.boolop, values: list[Any]) -> Any:
        result = values[0]
        for value in values[1:]:
            result = result & value if isinstance(op, ast.And) else result | value
        return result

    def _compare(self, terms: list[ast.expr], ops: list[ast.cmpop]) -> Any:
        values = [self.value(term) for term in terms]
        pairs = [_COMPARE[type(op)](a, b) for op, a, b in zip(ops, values, values[1:], strict=False)]
        return self._bool(ast.And(), pairs)

    def _call(self, name: str, args: list[ast.expr]) -> Any:
        values = [self.value(arg) for arg in args]
        match name:
            case "as_of":
                return ibis.literal(datetime.combine(self.as_of, time.max))
            case "days_since":
                if not values[0].type().is_temporal():
                    raise TypeError("text would be cast, and fail on some row")
                return ibis.literal(self.as_of).delta(values[0].cast("date"), unit="day")
            case "years_since":
                return ibis.literal(self.as_of.year) - values[0]
            case "missing":
                return values[0].isnull()
            case "starts_with":
                return values[0].startswith(values[1])
            case "lower":
                return values[0].lower()
            case "trim":
                return values[0].strip()
            case "if_":
                if not isinstance(values[0], ir.BooleanValue):
                    raise TypeError("a condition must be true or false")
                return ibis.ifelse(values[0], values[1], values[2])
            case "one_of":
                if any(
                    isinstance(value, ir.StringValue) != isinstance(values[0], ir.StringValue) for value in values[1:]
                ):
                    raise TypeError("text and numbers would be cast, and fail on some row")
                return values[0].isin(values[1:])
            case "year":
                return values[0].year()
            case "hour":
                return values[0].hour()
            case _:
                return values[0].day_of_week.index()


def compile_folds(expressions: Mapping[str, Expression], table: ir.Table, person: str, as_of: date) -> ir.Table:
    """Return one row per person with one column per expression.

    ``most`` and ``latest`` order ties by the value itself, so that every engine gives the same answer; ``sum`` of decimals does
    not depend on the order of rows.

    Raises:
        ExpressionError: one does not fit the types of its columns.
    """
    for expression in expressions.values():  # one by one first: an error names its expression
        _present(expression, {name: table[name] for name in table.columns})
        with _fitting(expression):
            _folded({"x": expression}, table, person, as_of)
    return _folded(expressions, table, person, as_of)


def _folded(expressions: Mapping[str, Expression], table: ir.Table, person: str, as_of: date) -> ir.Table:
    columns = {name: table[name] for name in table.columns}
    calls = {ast.unparse(call): call for e in expressions.values() for call in _folds(e.tree)}
    aliases = {text: f"fold_{number}" for number, text in enumerate(calls)}
    simple = {t: c for t, c in calls.items() if _name(c) not in ("most", "latest")}
    compiler = _Compiler(columns, as_of)
    folded = table.group_by(person).aggregate(
        **{
            aliases[text]: _simple_fold(_name(call), [compiler.value(a) for a in call.args], table)
            for text, call in simple.items()
        },
        fold_rows=lambda t: t.count(),
    )
    for text, call in calls.items():
        if text not in simple:
            ranked = _ranked_fold(call, compiler, table, person, aliases[text])
            folded = folded.left_join(ranked, person, rname="{name}__").drop(f"{person}__")
    values = {text: folded[alias] for text, alias in aliases.items()}
    outer = _Compiler({}, as_of, values)
    return folded.select(person, **{name: outer.value(e.tree) for name, e in expressions.items()})


def _wide(value: Any) -> Any:
    """Give a decimal one digit more, so that engines compute with 128 bits: in 64, one absurd cell would stop it for everybody."""
    kind = value.type()
    if isinstance(kind, dt.Decimal) and (kind.precision or 38) <= 18:
        return value.cast(dt.Decimal(19, kind.scale))
    return value


def _folds(tree: ast.expr) -> list[ast.Call]:
    return [n for n in ast.walk(tree) if isinstance(n, ast.Call) and _name(n) in FOLD_FUNCTIONS]


def _name(call: ast.Call) -> str:
    assert isinstance(call.func, ast.Name)
    return call.func.id


def _simple_fold(name: str, values: list[Any], table: ir.Table) -> ir.Value:
    match name:
        case "count":
            return table.count()
        case "count_distinct":
            return values[0].nunique()
        case "share":
            return values[0].ifelse(1, 0).fill_null(0).sum() / table.count()
        case _:
            return getattr(values[0], name)()


def _ranked_fold(call: ast.Call, compiler: _Compiler, table: ir.Table, person: str, alias: str) -> ir.Table:
    """Return (person, value): the value with the largest total weight, or the one at the largest time."""
    value, weight = (compiler.value(argument) for argument in call.args)
    rows = table.select(person, value=value, weight=weight).filter(lambda t: t.value.notnull() & t.weight.notnull())
    total = rows.weight.sum() if _name(call) == "most" else rows.weight.max()
    per_value = rows.group_by(person, "value").aggregate(total=total)
    order = ibis.window(group_by=person, order_by=[per_value.total.desc(), per_value.value.asc()])
    first = per_value.mutate(place=ibis.row_number().over(order)).filter(lambda t: t.place == 0)
    return first.select(person, **{alias: first.value})
