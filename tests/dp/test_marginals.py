"""What a table shows: every declared cell, noisy, or withheld by its noisy value alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secureprofile.dp.marginals import counted, keys, publish
from secureprofile.released import Attribute, Released, Table, Text, Value, Withheld


def attribute(code: str, values: int) -> Attribute:
    name = Text(en=code, zh=code)
    return Attribute(
        code=code, name=name, definition=name, dimension="basic",
        values=tuple(Value(code=f"{code}{number}", name=name) for number in range(values)),
    )  # fmt: skip


A, B = attribute("a", 3), attribute("b", 2)


def shown(*values: float, sd: float = 1.0, minimum: int = 1) -> Table:
    return publish([A], np.array(values), sd=sd, half_width=2 * sd, mechanism="m", minimum_group=minimum)


def test_cells_are_declared_and_not_read_from_the_data() -> None:
    empty = publish(
        [A, B], counted([A, B], {}) + 100, sd=1, half_width=2, mechanism="m", minimum_group=1
    )  # fmt: skip
    assert empty.keys == keys([A, B])
    assert len(set(empty.keys)) == 6
    assert all(isinstance(cell, Released) and cell.value == 100 for cell in empty.cells)


@given(
    st.dictionaries(st.tuples(st.sampled_from(["a0", "a1", "a2"]), st.sampled_from(["b0", "b1"])), st.integers(0, 9))
)
def test_counts_stand_where_their_keys_do(people: dict[tuple[str, str], int]) -> None:
    laid = counted([A, B], people)
    assert dict(zip(keys([A, B]), laid.ravel().tolist(), strict=True)) == {k: people.get(k, 0) for k in keys([A, B])}


@given(st.floats(-40, 100), st.integers(1, 50))
def test_what_is_below_the_minimum_group_is_withheld(noisy: float, minimum: int) -> None:
    """Decided on the noisy number: the exact one may be on the other side."""
    cell = shown(noisy, 0, 0, sd=0.1, minimum=minimum).cells[0]
    assert isinstance(cell, Withheld) == (noisy < minimum)


@given(st.floats(-400, 400))
def test_what_is_mostly_noise_is_withheld(noisy: float) -> None:
    assert isinstance(shown(noisy, 0, 0, sd=14.0).cells[0], Withheld) == (noisy < 56)


@given(st.floats(4, 1e6), st.floats(0.001, 1))
def test_an_interval_loses_nothing_by_rounding(value: float, sd: float) -> None:
    cell = shown(value, 0, 0, sd=sd).cells[0]
    assert isinstance(cell, Released)
    assert cell.low <= value - 2 * sd <= value + 2 * sd <= cell.high
    assert cell.high - cell.low <= 4 * sd + 1e-5


def test_a_value_outside_the_dictionary_is_refused() -> None:
    with pytest.raises(ValueError, match="does not name"):
        counted([A], {("other",): 1})


def test_an_array_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        shown(1, 2)
