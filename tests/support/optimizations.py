"""Optimisations on figures that a test makes up, asked for without the API."""

import struct
from collections.abc import Sequence
from random import Random
from typing import Any
from uuid import UUID, uuid4

import msgspec
from tests.support.callers import a_caller
from tests.support.service import Service

from application.optimization.dataset import AssetFacts, Dataset, RiskFree
from application.optimization.request import Terms
from domain.optimization import OptimizationAsked, OptimizationJob
from projections.optimizations import OptimizationRow

CHEAP = ("EquiWeighted", "InverseVolatility", "MinVol")
NAMES = ("A", "B", "C", "D")


def some_figures(*, periods: int = 120, assets: Sequence[str] = NAMES, seed: int = 1) -> Dataset:
    """Returns of assets that move together a little."""
    random = Random(seed)
    rows = []
    for _ in range(periods):
        market = random.gauss(0.0004, 0.01)
        rows += [market * (0.5 + place / 4) + random.gauss(0.0002, 0.01) for place, _ in enumerate(assets)]
    return Dataset(
        source="returns",
        assets=tuple(AssetFacts(name=name) for name in assets),
        periods=periods,
        periods_per_year=252,
        risk_free=RiskFree(value=0.01, source="request"),
        returns=struct.pack(f"<{len(rows)}d", *rows),
    )


async def asked_for(
    service: Service,
    *methods: str,
    figures: Dataset | None = None,
    keep: bool = True,
    tenant: str = "acme",
    **terms: Any,
) -> UUID:
    """Record a job as the API does."""
    dataset = figures or some_figures()
    if keep:
        await service.datasets.keep(tenant, dataset.hash, dataset.encoded())
    asked = OptimizationAsked(
        methods=methods or CHEAP,
        request=msgspec.to_builtins(msgspec.convert(terms, Terms)),
        facts={},
        dataset_hash=dataset.hash,
        inputs_hash=dataset.hash,
        code_version="1",
    )
    async with service.ledger.unit(a_caller(tenant)) as unit:
        job = unit.start(OptimizationJob.request_one(tenant, asked, id=uuid4(), at=unit.now))
        await service.shows((await unit.commit(None)).position)
    return job.id


async def row_of(service: Service, optimization_id: UUID, tenant: str = "acme") -> OptimizationRow:
    """Return what the read models show of a job."""
    row = await service.optimizations.one(tenant, optimization_id)
    assert row is not None
    return row
