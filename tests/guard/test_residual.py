"""What may stand in a treated column, judged cell by cell."""

from __future__ import annotations

import pytest

from secureprofile.guard.residual import Looked, residues, specs_for
from secureprofile.policy.decide import ColumnPlan
from secureprofile.policy.model import ColumnSpec
from secureprofile.policy.treatments import Generalize, TopBottom


def left(plan: ColumnPlan, *cells: str) -> list[tuple[str, int]]:
    specs = specs_for(plan)
    looked = Looked(cells=dict.fromkeys(cells, specs), weight=1, total=len(cells))
    return [(residue.name, residue.cells) for residue, _ in residues(plan, [looked]).values()]


def column(treatment: Generalize | TopBottom) -> ColumnPlan:
    spec = ColumnSpec(category="user.device.ip_address")
    return ColumnPlan(name="ip", position=1, category=spec.category, treatment=treatment, spec=spec, region=None)


NETWORKS = column(Generalize(to="network"))


@pytest.mark.parametrize("cell", ["192.0.2.0/24", "10.0.0.0/8", "2001:db8::/48", "2001:db8::/32"])
def test_networks_stay_where_addresses_were_to_become_networks(cell: str) -> None:
    assert left(NETWORKS, cell) == []
    assert left(column(TopBottom(high=1)), cell) == [("IP_ADDRESS", 1)]


@pytest.mark.parametrize("cell", ["192.0.2.77", "192.0.2.77/24", "192.0.2.77/32", "192.0.2.64/26", "2001:db8:0:7::1", "2001:db8:0:7::/64"])  # fmt: skip
def test_only_wide_networks_are_coarse(cell: str) -> None:
    assert left(NETWORKS, cell) == [("IP_ADDRESS", 1)]
