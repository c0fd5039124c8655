"""Single values of a policy file: names, regions, whole and exact numbers, durations and days, each refused where it is something else."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError

_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


class Model(BaseModel):
    """Frozen, closed: an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Spell bounds as JSON Schema does: behind a validator pydantic writes its own names, which editors pass over."""
        schema = handler(core)
        _spell(list(handler.resolve_ref_schema(schema).get("properties", {}).values()))
        return schema


def _spell(part: Any) -> None:
    if isinstance(part, dict):
        for name in _BOUNDS.keys() & part.keys():
            part[_BOUNDS[name]] = part.pop(name)
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _spell(inner)


def no_truth(value: Any) -> Any:
    """Refuse ``true`` where a number belongs: Python counts it as 1."""
    if isinstance(value, bool):
        raise PydanticCustomError("number_type", "expected a number")
    return value


def _day(value: str) -> str:
    try:
        date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("day_form", "expected a day") from None
    return value


def _lasting(value: str) -> str:
    """Refuse ``P0D``, and more than a thousand years, which no calendar reaches."""
    amounts = [(int(number), unit) for number, unit in re.findall("([0-9]{1,9})([YMWD])", value)]
    if not 0 < sum(number * _DAYS[unit] for number, unit in amounts) <= 366_000:
        raise PydanticCustomError("duration_form", "expected a duration")
    return value


_DAYS = {"Y": 365, "M": 30, "W": 7, "D": 1}

Name: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]
Region: TypeAlias = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2; ``policy check`` knows which there are."""
Whole: TypeAlias = Annotated[int, BeforeValidator(no_truth)]
Exact: TypeAlias = Annotated[Decimal, BeforeValidator(no_truth)]
Duration: TypeAlias = Annotated[
    str, Field(pattern=r"^P([0-9]+Y)?([0-9]+M)?([0-9]+W)?([0-9]+D)?$", min_length=3), AfterValidator(_lasting)
]
Day: TypeAlias = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$"), AfterValidator(_day)]
"""A day of the calendar, ``2027-12-31``; compared as text."""
