import subprocess
import sys
from struct import pack

import msgspec

from application.optimization.dataset import AssetFacts, Dataset, RiskFree


def a_dataset(*returns: float) -> Dataset:
    return Dataset(
        source="returns",
        assets=(AssetFacts(name="A"), AssetFacts(name="B")),
        periods=len(returns) // 2,
        periods_per_year=252.0,
        risk_free=RiskFree(value=0.02, source="request"),
        returns=pack(f"<{len(returns)}d", *returns),
    )


def test_a_dataset_is_the_same_after_it_was_kept() -> None:
    dataset = a_dataset(0.01, -0.02, 0.03, 0.0)

    kept = Dataset.decoded(dataset.encoded())

    assert kept == dataset
    assert kept.hash == dataset.hash
    assert kept.names == ("A", "B")


def test_another_figure_is_another_hash() -> None:
    dataset = a_dataset(0.01, -0.02)

    assert dataset.hash != a_dataset(0.01, -0.020000000000000004).hash
    assert dataset.hash != msgspec.structs.replace(dataset, periods_per_year=12.0).hash
    assert dataset.hash == a_dataset(0.01, -0.02).hash


def test_what_is_asked_and_answered_is_read_without_numpy() -> None:
    modules = ["answer", "comparison", "dataset", "options", "ports", "request"]
    code = f"import sys; from application.optimization import {', '.join(modules)}; print('numpy' in sys.modules)"

    read = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert read.stdout.strip() == "False"
