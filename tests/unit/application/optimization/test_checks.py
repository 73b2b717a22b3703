"""Where rounding ends and a fault begins."""

from collections.abc import Sequence

import numpy as np
import pytest
from tests.support.optimization_datasets import a_dataset, of_moments

from application.optimization.checks import Places, faults
from application.optimization.dataset import Dataset
from application.optimization.request import OptimizationRequest


def found(dataset: Dataset) -> Sequence[tuple[str | None, str]]:
    names = list(dataset.names)
    request = OptimizationRequest(methods=["EquiWeighted"], assets=names)
    places = Places([f"assets.{at}" for at in range(len(names))], names)
    return [(one.field, one.code) for one in faults(dataset, request, places)]


@pytest.mark.parametrize(("below", "faulty"), [(1e-9, False), (1e-6, True)])
def test_an_eigenvalue_below_zero_is_rounding_or_a_fault(below: float, faulty: bool) -> None:
    # Two assets that always move together have the eigenvalues 2 and 0.
    covariance = np.array([[1.0, 1.0 + below], [1.0 + below, 1.0]])

    told = found(of_moments(np.array([0.1, 0.2]), covariance))

    assert told == ([("covariance", "not_positive_semidefinite")] if faulty else [])


@pytest.mark.parametrize(("apart", "faulty"), [(1e-4, False), (1e-7, True)])
def test_assets_that_hardly_differ_are_two_or_one(apart: float, faulty: bool) -> None:
    chance = np.random.default_rng(1)
    one, other = chance.normal(0, 0.01, (2, 60))

    told = found(a_dataset(np.column_stack((one, one + apart * other))))

    assert told == ([("assets.1", "collinear")] if faulty else [])
