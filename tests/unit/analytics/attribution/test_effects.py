import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics.attribution import NotLinkable, Segments, bhb, brinson_fachler, geometric

METHODS = [brinson_fachler, bhb, geometric]


def bacon() -> Segments:
    """UK, Japanese and US equities: C. Bacon, Practical Portfolio Performance Measurement and Attribution, 5.1."""
    return Segments(
        portfolio_weights=np.array([[0.4, 0.3, 0.3]]),
        benchmark_weights=np.array([[0.4, 0.2, 0.4]]),
        portfolio_returns=np.array([[0.20, -0.05, 0.06]]),
        benchmark_returns=np.array([[0.10, -0.04, 0.08]]),
    )


def test_brinson_fachler_is_bacons_table_5_5() -> None:
    effects = brinson_fachler(bacon())

    assert effects.portfolio_return == pytest.approx([0.083])
    assert effects.benchmark_return == pytest.approx([0.064])
    assert effects.allocation[0] == pytest.approx([0.0, -0.0104, -0.0016])
    assert effects.selection[0] == pytest.approx([0.04, -0.002, -0.008])
    assert effects.interaction[0] == pytest.approx([0.0, -0.001, 0.002])


def test_brinson_hood_beebower_is_bacons_table_5_2() -> None:
    effects = bhb(bacon())

    assert effects.allocation[0] == pytest.approx([0.0, -0.004, -0.008])
    assert effects.selection[0] == pytest.approx([0.04, -0.002, -0.008])
    assert effects.allocation.sum() == pytest.approx(-0.012)


def test_geometric_effects_are_bacons_table_5_8() -> None:
    effects = geometric(bacon())

    assert effects.allocation[0] == pytest.approx([0.0, -0.0098, -0.0015], abs=5e-5)
    assert effects.selection[0] == pytest.approx([0.0380, -0.0029, -0.0057], abs=5e-5)
    assert effects.allocation.sum() == pytest.approx(-0.0113, abs=5e-5)
    assert effects.selection.sum() == pytest.approx(0.0295, abs=5e-5)
    assert not effects.interaction.any()


def test_the_technology_row_of_the_published_sample_comes_out_with_its_benchmark_return() -> None:
    rest = (0.06722 - 0.22 * 0.112) / 0.78  # so that the benchmark as a whole returns 6.722 %
    effects = brinson_fachler(
        Segments(
            portfolio_weights=np.array([[0.31, 0.69]]),
            benchmark_weights=np.array([[0.22, 0.78]]),
            portfolio_returns=np.array([[0.148, rest]]),
            benchmark_returns=np.array([[0.112, rest]]),
        )
    )

    assert effects.benchmark_return == pytest.approx([0.06722])
    assert effects.allocation[0, 0] == pytest.approx(0.00403, abs=5e-6)
    assert effects.selection[0, 0] == pytest.approx(0.00792, abs=5e-6)
    assert effects.interaction[0, 0] == pytest.approx(0.00324, abs=5e-6)


def test_what_only_one_side_holds_is_allocation_alone() -> None:
    nan = np.nan
    effects = brinson_fachler(
        Segments(
            portfolio_weights=np.array([[0.5, 0.5, 0.0]]),
            benchmark_weights=np.array([[0.5, 0.0, 0.5]]),
            portfolio_returns=np.array([[0.02, 0.10, nan]]),
            benchmark_returns=np.array([[0.02, nan, 0.04]]),
        )
    )

    assert effects.selection == pytest.approx(np.zeros((1, 3)))
    assert effects.interaction == pytest.approx(np.zeros((1, 3)))
    assert effects.allocation[0] == pytest.approx([0.0, 0.5 * (0.10 - 0.03), -0.5 * (0.04 - 0.03)])


def test_a_long_and_a_short_that_net_to_nothing_still_earn_what_they_earn() -> None:
    effects = brinson_fachler(
        Segments(
            portfolio_weights=np.array([[1.0, 0.0]]),
            benchmark_weights=np.array([[0.6, 0.4]]),
            portfolio_returns=np.array([[0.01, np.nan]]),
            benchmark_returns=np.array([[0.01, 0.02]]),
            portfolio_unweighted=np.array([[0.0, 0.003]]),
        )
    )

    assert effects.portfolio_return == pytest.approx([0.013])
    assert effects.selection[0] == pytest.approx([0.0, 0.003])


def test_what_exchange_rates_added_is_kept_apart() -> None:
    segments = Segments(
        portfolio_weights=np.array([[0.7, 0.3]]),
        benchmark_weights=np.array([[0.5, 0.5]]),
        portfolio_returns=np.array([[0.02, 0.01]]),
        benchmark_returns=np.array([[0.02, 0.01]]),
        portfolio_currency=np.array([[0.0, 0.3 * 0.05]]),
        benchmark_currency=np.array([[0.0, 0.5 * 0.05]]),
    )

    effects = brinson_fachler(segments)

    assert effects.currency[0] == pytest.approx([0.0, -0.2 * 0.05])
    assert effects.allocation[0] == pytest.approx([0.2 * 0.005, -0.2 * -0.005])


def test_a_benchmark_that_lost_everything_has_no_geometric_effects() -> None:
    segments = Segments(
        portfolio_weights=np.ones((2, 1)),
        benchmark_weights=np.ones((2, 1)),
        portfolio_returns=np.array([[0.01], [0.01]]),
        benchmark_returns=np.array([[0.01], [-1.0]]),
    )
    with pytest.raises(NotLinkable) as refusal:
        geometric(segments)
    assert refusal.value.period == 1


@st.composite
def segments(draw: st.DrawFn, with_currency: bool = True) -> Segments:
    shape = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    shares = arrays(np.float64, shape, elements=st.floats(0.05, 1))
    returns = arrays(np.float64, shape, elements=st.floats(-0.4, 0.6))
    small = arrays(np.float64, shape, elements=st.floats(-0.02, 0.02))
    own, other = draw(shares), draw(shares)
    return Segments(
        portfolio_weights=own / own.sum(axis=1, keepdims=True),
        benchmark_weights=other / other.sum(axis=1, keepdims=True),
        portfolio_returns=draw(returns),
        benchmark_returns=draw(returns),
        portfolio_currency=draw(small) if with_currency else None,
        benchmark_currency=draw(small) if with_currency else None,
    )


@given(segments())
def test_arithmetic_effects_add_up_to_the_difference_of_the_returns(given_segments: Segments) -> None:
    for method in (brinson_fachler, bhb):
        effects = method(given_segments)
        total = effects.allocation + effects.selection + effects.interaction + effects.currency
        assert total.sum(axis=1) == pytest.approx(effects.active_return, abs=1e-12)


@given(segments())
def test_geometric_effects_multiply_to_the_ratio_of_the_returns(given_segments: Segments) -> None:
    effects = geometric(given_segments)
    product = (
        (1 + effects.allocation.sum(axis=1))
        * (1 + effects.selection.sum(axis=1))
        * (1 + effects.currency.sum(axis=1))
    )
    ratio = (1 + effects.portfolio_return) / (1 + effects.benchmark_return)
    assert product == pytest.approx(ratio, abs=1e-12)


@given(segments())
def test_a_portfolio_equal_to_its_benchmark_has_no_effects(given_segments: Segments) -> None:
    same = Segments(
        portfolio_weights=given_segments.benchmark_weights,
        benchmark_weights=given_segments.benchmark_weights,
        portfolio_returns=given_segments.benchmark_returns,
        benchmark_returns=given_segments.benchmark_returns,
        portfolio_currency=given_segments.benchmark_currency,
        benchmark_currency=given_segments.benchmark_currency,
    )
    for method in METHODS:
        effects = method(same)
        for part in (effects.allocation, effects.selection, effects.interaction, effects.currency):
            assert np.abs(part).max() < 1e-14


@given(segments(with_currency=False), st.randoms())
def test_the_order_of_segments_changes_nothing(given_segments: Segments, random: object) -> None:
    order = np.arange(given_segments.portfolio_weights.shape[1])
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = Segments(
        portfolio_weights=given_segments.portfolio_weights[:, order],
        benchmark_weights=given_segments.benchmark_weights[:, order],
        portfolio_returns=given_segments.portfolio_returns[:, order],
        benchmark_returns=given_segments.benchmark_returns[:, order],
    )
    for method in METHODS:
        assert method(shuffled).allocation == pytest.approx(method(given_segments).allocation[:, order])
