"""What a table shows: every declared cell, noisy, or withheld by its noisy value alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secureprofile.dp.marginals import keys, publish
from secureprofile.released import Attribute, Released, Text, Value, Withheld


def attribute(code: str, values: int) -> Attribute:
    name = Text(en=code, zh=code)
    return Attribute(
        code=code, name=name, definition=name, dimension="basic",
        values=tuple(Value(code=f"{code}{number}", name=name) for number in range(values)),
    )  # fmt: skip


A, B = attribute("a", 3), attribute("b", 2)


def test_cells_are_declared_and_not_read_from_the_data() -> None:
    empty = publish([A, B], {}, [100] * 6, epsilon=1, confidence=0.95, minimum_group=1)
    assert empty.keys == keys([A, B])
    assert len(set(empty.keys)) == 6
    assert all(isinstance(cell, Released) and cell.value == 100 for cell in empty.cells)


@given(st.integers(0, 60), st.integers(-40, 40), st.integers(1, 50))
def test_what_is_below_the_minimum_group_is_withheld(exact: int, noise: int, minimum: int) -> None:
    """Decided on the noisy number: the exact one may be on the other side."""
    (cell, *_) = publish(
        [A], {("a0",): exact}, [noise, 0, 0], epsilon=9, confidence=0.95, minimum_group=minimum
    ).cells  # fmt: skip
    assert isinstance(cell, Withheld) == (exact + noise < minimum)


@given(st.integers(0, 300), st.integers(-100, 100))
def test_what_is_mostly_noise_is_withheld(exact: int, noise: int) -> None:
    (cell, *_) = publish([A], {("a0",): exact}, [noise, 0, 0], epsilon=0.1, confidence=0.95, minimum_group=1).cells
    sd = (2 * 0.9048374180359595) ** 0.5 / (1 - 0.9048374180359595)  # √(2q)/(1 − q), q = e^−ε
    assert isinstance(cell, Withheld) == (exact + noise < 4 * sd)


def test_a_value_outside_the_dictionary_is_refused() -> None:
    with pytest.raises(ValueError, match="does not name"):
        publish([A], {("other",): 1}, [0, 0, 0], epsilon=1, confidence=0.95, minimum_group=1)


def test_too_few_draws_are_refused() -> None:
    with pytest.raises(ValueError, match="argument"):
        publish([A], {}, [0, 0], epsilon=1, confidence=0.95, minimum_group=1)
