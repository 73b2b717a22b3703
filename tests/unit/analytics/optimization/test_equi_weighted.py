import numpy as np
import pytest
from hypothesis import given
from tests.support.optimization_samples import a_sample, normal_returns, samples

from analytics.optimization import methods
from analytics.optimization.limits import Limits
from analytics.optimization.sample import Sample


@given(samples)
def test_every_asset_has_the_same_weight(sample: Sample) -> None:
    found = methods.fit("EquiWeighted", sample, Limits.long_only(sample.size), {})

    assert found.weights == pytest.approx(np.full(sample.size, 1 / sample.size), abs=1e-15)
    assert found.notes == ()


def test_limits_are_kept_by_the_nearest_weights_and_a_note_says_so() -> None:
    limits = Limits(lower=np.zeros(4), upper=np.array([0.1, 1.0, 1.0, 1.0]))

    found = methods.fit("EquiWeighted", a_sample(normal_returns(1, 4)), limits, {})

    assert found.weights == pytest.approx([0.1, 0.3, 0.3, 0.3], abs=1e-12)
    assert [note.code for note in found.notes] == ["projected"]
    assert "0.1500" in found.notes[0].detail
