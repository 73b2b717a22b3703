from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analytics.attribution import (
    Effects,
    Linked,
    Linking,
    NotLinkable,
    Segments,
    bhb,
    brinson_fachler,
    geometric,
    link,
    link_geometric,
)

ARITHMETIC: tuple[Linking, ...] = ("carino", "menchero", "grap", "frongello")


def four_quarters() -> Segments:
    """C. Bacon, Practical Portfolio Performance Measurement and Attribution (2008), table 8.1."""
    return Segments(
        portfolio_weights=np.array([[0.4, 0.3, 0.3], [0.7, 0.2, 0.1], [0.3, 0.5, 0.2], [0.3, 0.5, 0.2]]),
        benchmark_weights=np.array([[0.4, 0.2, 0.4], [0.4, 0.3, 0.3], [0.5, 0.4, 0.1], [0.4, 0.4, 0.2]]),
        portfolio_returns=np.array(
            [[0.2, -0.05, 0.06], [-0.05, 0.03, -0.05], [-0.2, 0.08, -0.15], [0.1, -0.07, 0.25]]
        ),
        benchmark_returns=np.array(
            [[0.1, -0.04, 0.08], [-0.07, 0.04, -0.1], [-0.25, 0.05, -0.2], [0.05, -0.05, 0.1]]
        ),
    )


PUBLISHED = {
    "carino": ([0.0165, -0.0060, 0.0015, 0.0120], [0.0804, 0.0018, 0.0385, 0.1207]),  # table 8.2
    "menchero": ([0.0156, -0.0078, 0.0014, 0.0092], [0.0838, 0.0005, 0.0391, 0.1234]),  # table 8.3
    "grap": ([0.0167, -0.0055, 0.0011, 0.0124], [0.0785, 0.0016, 0.0402, 0.1203]),  # table 8.4
    "frongello": ([0.0167, -0.0055, 0.0011, 0.0124], [0.0785, 0.0016, 0.0402, 0.1203]),  # table 8.5
}


@pytest.mark.parametrize("linking", ARITHMETIC)
def test_four_quarters_link_as_bacon_links_them(linking: Linking) -> None:
    allocation, selection = PUBLISHED[linking]

    linked = link(brinson_fachler(four_quarters()), linking)

    with_interaction = linked.selection + linked.interaction  # his table counts it as selection
    assert [*linked.allocation, linked.allocation_total] == pytest.approx(allocation, abs=1e-4)
    assert [*with_interaction, with_interaction.sum()] == pytest.approx(selection, abs=1e-4)
    assert linked.portfolio_return == pytest.approx(0.0386, abs=5e-5)
    assert linked.benchmark_return == pytest.approx(-0.0941, abs=5e-5)


def test_four_quarters_compound_as_bacons_table_8_6() -> None:
    linked = link_geometric(geometric(four_quarters()))

    assert linked.active_return == pytest.approx(0.1464, abs=1e-4)
    assert linked.allocation_total == pytest.approx(0.0129, abs=1e-4)
    assert linked.selection_total == pytest.approx(0.1319, abs=1e-4)
    assert linked.interaction_total == 0


def test_frongello_carries_each_effect_forward_with_the_benchmark() -> None:
    effects = brinson_fachler(four_quarters())
    carried = np.zeros(3)
    grown = 1.0
    for at, effect in enumerate(effects.allocation):  # the recursion as Frongello wrote it
        carried = carried + effect * grown + effects.benchmark_return[at] * carried
        grown *= 1 + effects.portfolio_return[at]

    assert link(effects, "frongello").allocation == pytest.approx(carried, abs=1e-15)


def test_unlinked_effects_and_active_returns_are_summed() -> None:
    effects = bhb(four_quarters())
    linked = link(effects, "none")

    assert linked.allocation == pytest.approx(effects.allocation.sum(axis=0))
    assert linked.active_return == pytest.approx(0.019 + 0.012 + 0.075 + 0.025, abs=1e-12)
    assert linked.portfolio_return == pytest.approx(0.0386, abs=5e-5)


@pytest.mark.parametrize("linking", get_args(Linking))
def test_one_period_links_to_itself(linking: Linking) -> None:
    whole = four_quarters()
    first = Segments(
        portfolio_weights=whole.portfolio_weights[:1],
        benchmark_weights=whole.benchmark_weights[:1],
        portfolio_returns=whole.portfolio_returns[:1],
        benchmark_returns=whole.benchmark_returns[:1],
    )
    effects = geometric(first) if linking == "geometric" else brinson_fachler(first)

    linked = link(effects, linking)

    assert linked.allocation == pytest.approx(effects.allocation[0], abs=1e-15)
    assert linked.selection == pytest.approx(effects.selection[0], abs=1e-15)


@pytest.mark.parametrize("linking", ["carino", "menchero"])
def test_a_total_loss_cannot_be_linked_by_logarithms(linking: Linking) -> None:
    with pytest.raises(NotLinkable) as refusal:
        link(effects_of([0.01, -1.0], [0.0, 0.0]), linking)
    assert refusal.value.period == 1


@pytest.mark.parametrize("linking", ARITHMETIC)
def test_equal_returns_in_every_period_still_link_their_effects(linking: Linking) -> None:
    one = np.array([[0.01, -0.01], [0.02, -0.02]])
    effects = effects_of([0.05, 0.03], [0.05, 0.03], allocation=one)

    linked = link(effects, linking)

    assert linked.active_return == pytest.approx(0, abs=1e-15)
    assert linked.total.sum() == pytest.approx(0, abs=1e-15)
    assert linked.allocation[0] > 0.02


def effects_of(
    portfolio: list[float], benchmark: list[float], allocation: np.ndarray | None = None
) -> Effects:
    zero = np.zeros((len(portfolio), 2))
    return Effects(
        allocation=zero if allocation is None else allocation,
        selection=zero,
        interaction=zero,
        currency=zero,
        portfolio_return=np.array(portfolio),
        benchmark_return=np.array(benchmark),
    )


@st.composite
def segments(draw: st.DrawFn) -> Segments:
    shape = draw(st.integers(1, 40)), draw(st.integers(1, 5))
    shares = arrays(np.float64, shape, elements=st.floats(0.05, 1))
    returns = arrays(np.float64, shape, elements=st.floats(-0.1, 0.1))
    small = arrays(np.float64, shape, elements=st.floats(-0.01, 0.01))
    own, other = draw(shares), draw(shares)
    return Segments(
        portfolio_weights=own / own.sum(axis=1, keepdims=True),
        benchmark_weights=other / other.sum(axis=1, keepdims=True),
        portfolio_returns=draw(returns),
        benchmark_returns=draw(returns),
        portfolio_currency=draw(small),
        benchmark_currency=draw(small),
    )


@given(segments(), st.sampled_from(ARITHMETIC), st.sampled_from([brinson_fachler, bhb]))
def test_linked_effects_add_up_to_the_active_return_with_no_residual(
    given_segments: Segments, linking: Linking, method: object
) -> None:
    linked: Linked = link(method(given_segments), linking)  # type: ignore[operator]
    scale = 1 + abs(linked.portfolio_return) + abs(linked.benchmark_return)

    assert linked.active_return == linked.portfolio_return - linked.benchmark_return
    assert linked.total.sum() == pytest.approx(linked.active_return, abs=1e-12 * scale)
    totals = (
        linked.allocation_total + linked.selection_total + linked.interaction_total + linked.currency_total
    )
    assert totals == pytest.approx(linked.active_return, abs=1e-12 * scale)


@given(segments())
def test_geometric_totals_multiply_and_segments_add_up(given_segments: Segments) -> None:
    linked = link_geometric(geometric(given_segments))
    scale = 1 + abs(linked.active_return) + abs(linked.allocation_total) + abs(linked.selection_total)
    product = (1 + linked.allocation_total) * (1 + linked.selection_total) * (1 + linked.currency_total) - 1

    assert product == pytest.approx(linked.active_return, abs=1e-12 * scale)
    assert linked.allocation.sum() == pytest.approx(linked.allocation_total, abs=1e-12 * scale)
    assert linked.selection.sum() == pytest.approx(linked.selection_total, abs=1e-12 * scale)
    assert linked.total.sum() == pytest.approx(linked.active_return, abs=1e-12 * scale)
