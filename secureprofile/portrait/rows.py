"""Row expressions as Ibis values: what a condition or a derived number is, over the columns of one row."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis.common.annotations import ValidationError
from ibis.common.exceptions import IbisError

from secureprofile.portrait.expression import FOLD_FUNCTIONS, Expression, ExpressionError, function

_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}
MISFITS = (IbisError, ValidationError, TypeError, AttributeError, ValueError)
"""What Ibis, and this compiler, raise for values of types that do not fit."""

_MOST_EXPONENT = 700.0
"""exp() of more overflows a double."""


def compile_row(expression: Expression, columns: Mapping[str, ir.Value], as_of: date) -> ir.Value:
    """Return a row expression over the given columns.

    Raises:
        ExpressionError: it does not fit the types of its columns.
    """
    present(expression, columns)
    with fitting(expression):
        value: ir.Value = Rows(columns, as_of).value(expression.tree)
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


def present(expression: Expression, columns: Mapping[str, ir.Value]) -> None:
    """Refuse an expression that reads what is not there.

    Raises:
        ExpressionError: with the names.
    """
    missing = sorted(expression.names - set(columns))
    if missing:
        hint = "the purpose does not keep it, or no file had it; keep it in the policy, or leave it out of the tags"
        raise ExpressionError(f"`{expression.text}` reads {', '.join(missing)}, which is not stored", hint)


@contextmanager
def fitting(expression: Expression) -> Iterator[None]:
    """Turn what the engine says of types into an error that names the expression."""
    try:
        yield
    except MISFITS:
        hint = "the policy gives columns their types: text, integer, decimal, date, timestamp"
        raise ExpressionError(f"`{expression.text}` does not fit the types of its columns", hint) from None


def age_in_days(value: Any, as_of: date) -> Any:
    """Return the whole days from a date to the portrait's day; negative after it.

    Raises:
        TypeError: text would be cast, and fail on some row.
    """
    if not value.type().is_temporal():
        raise TypeError("not a date")
    return ibis.literal(as_of).delta(value.cast("date"), unit="day")


def midnight(as_of: date) -> Any:
    """Return the last moment of the portrait's day."""
    return ibis.literal(datetime.combine(as_of, time.max))


class Rows:
    """Turns a checked tree into an Ibis value; fold functions are looked up among columns already folded."""

    def __init__(
        self, columns: Mapping[str, ir.Value], as_of: date, folded: Mapping[str, ir.Value] | None = None
    ) -> None:
        self.columns = columns
        self.as_of = as_of
        self.folded = folded or {}

    def value(self, node: ast.expr) -> Any:
        """Return the value of a tree."""
        match node:
            case ast.Name(id=name):
                return self.columns[name]
            case ast.Constant(value=value):
                return ibis.literal(value)
            case ast.BinOp(left=left, op=op, right=right):
                return _arithmetic(op, self.value(left), self.value(right))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return ~self.value(operand)
            case ast.UnaryOp(operand=operand):
                return -self.value(operand)
            case ast.BoolOp(op=op, values=values):
                return _bool(op, [self.value(value) for value in values])
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                values = [self.value(term) for term in (left, *comparators)]
                pairs = [_COMPARE[type(op)](a, b) for op, a, b in zip(ops, values, values[1:], strict=False)]
                return _bool(ast.And(), pairs)
            case ast.Call(args=args):
                name = function(node)
                if name in FOLD_FUNCTIONS:
                    return self.folded[ast.unparse(node)]
                return self._call(name, [self.value(arg) for arg in args])
        raise AssertionError("a tree that was not checked")

    def _call(self, name: str, values: list[Any]) -> Any:
        match name:
            case "as_of":
                return midnight(self.as_of)
            case "days_since":
                return age_in_days(values[0], self.as_of)
            case "days_between":
                return age_in_days(values[0], self.as_of) - age_in_days(values[1], self.as_of)
            case "years_since":
                return ibis.literal(self.as_of.year) - values[0]
            case "if_":
                return ibis.ifelse(_condition(values[0]), *_alike(values[1:]))
            case "one_of":
                return values[0].isin(_alike(values)[1:])
            case "coalesce":
                return ibis.coalesce(*_alike(values))
            case "least" | "greatest":  # an engine that leaves missing values out gives something for nothing
                known = _bool(ast.And(), [value.notnull() for value in _alike(values)])
                return ibis.ifelse(known, getattr(ibis, name)(*values), ibis.null())
            case "weekday":
                return values[0].day_of_week.index()
            case "contains" | "starts_with":
                return getattr(values[0], {"contains": "contains", "starts_with": "startswith"}[name])(values[1])
            case "missing":
                return values[0].isnull()
            case "ln" | "sqrt":
                number = values[0].cast("float64") if values[0].type().is_numeric() else _not_a_number()
                inside = number > 0 if name == "ln" else number >= 0
                return getattr(ibis.ifelse(inside, number, ibis.null("float64")), name)()
            case "exp":
                number = values[0].cast("float64") if values[0].type().is_numeric() else _not_a_number()
                return ibis.ifelse(number <= _MOST_EXPONENT, number, ibis.null("float64")).exp()
            case "trim":
                return values[0].strip()
            case _:  # lower, year, month, hour, abs, floor: a method of the value, by the same name
                return getattr(values[0], name)()


def _not_a_number() -> Any:
    raise TypeError("not a number")


def _condition(value: Any) -> Any:
    if not isinstance(value, ir.BooleanValue):
        raise TypeError("a condition must be true or false")
    return value


def _alike(values: list[Any]) -> list[Any]:
    """Refuse text beside numbers: an engine would cast them, and fail on some row."""
    if len({isinstance(value, ir.StringValue) for value in values if not value.type().is_null()}) > 1:
        raise TypeError("text and numbers")
    return values


def _bool(op: ast.boolop, values: list[Any]) -> Any:
    result = values[0]
    for value in values[1:]:
        result = result & value if isinstance(op, ast.And) else result | value
    return result


def _arithmetic(op: ast.operator, left: Any, right: Any) -> Any:
    match op:
        case ast.Add():
            return wide(left) + right
        case ast.Sub():
            return wide(left) - right
        case ast.Mult():
            return wide(left) * right
        case _:
            return quotient(left, right)


def quotient(left: Any, right: Any) -> Any:
    """Return left / right as a double, and nothing where right is 0.

    Raises:
        TypeError: one of them is no number.
    """
    if not (left.type().is_numeric() and right.type().is_numeric()):
        raise TypeError("not numbers")
    return left.cast("float64") / right.cast("float64").nullif(0.0)


def wide(value: Any) -> Any:
    """Give a decimal one digit more, so that engines compute with 128 bits: in 64, one absurd cell would stop it for everybody."""
    kind = value.type()
    if isinstance(kind, dt.Decimal) and (kind.precision or 38) <= 18:
        return value.cast(dt.Decimal(19, kind.scale))
    return value
