"""Attribution and factors as the report shows them."""

from application.report.content import Attribution, Effect, Factors, Loading, Section
from domain.attribution import AttributedBucket, AttributionSnapshot
from domain.factors import FactorSnapshot
from domain.unavailable import Missing


def attribution_section(found: AttributionSnapshot | Missing) -> Section[Attribution]:
    """Return where the active return came from."""
    if isinstance(found, Missing):
        return found
    abroad = any(one.currency_effect for one in found.attribution)
    return Attribution(
        period=found.period,
        start=found.from_,
        end=found.to,
        grouping=found.by,
        linking=found.linking,
        benchmark=found.benchmark.ticker,
        portfolio_return=found.portfolio_return,
        benchmark_return=found.benchmark_return,
        active_return=found.total_active_return,
        currency_effect=found.totals.currency_effect if abroad else None,
        effects=tuple(_effect(one) for one in found.attribution),
    )


def factors_section(found: FactorSnapshot | Missing) -> Section[Factors]:
    """Return the joint loadings, each beside the factor by itself."""
    if isinstance(found, Missing):
        return found
    joint = found.joint
    if joint is None or joint.r_squared is None or found.data_from is None or found.data_to is None:
        return found.unavailable.get(
            "joint",
            Missing(code="too_few_observations", detail="There are too few returns for a regression."),
        )
    alone = {one.factor_name: one for one in found.factors}
    shares = {one.factor_name: one.share for one in found.risk or []}
    return Factors(
        data_from=found.data_from,
        data_to=found.data_to,
        window_days=joint.n_observations,
        r_squared=joint.r_squared,
        loadings=tuple(
            Loading(
                factor_name=one.factor_name,
                loading=one.loading,
                std_error=one.std_error or 0.0,
                t_stat=one.t_stat or 0.0,
                single_loading=alone[one.factor_name].loading,
                single_t_stat=alone[one.factor_name].t_stat,
                single_r_squared=alone[one.factor_name].r_squared,
                risk_share=shares.get(one.factor_name),
            )
            for one in joint.loadings
        ),
        specific_risk_share=shares.get("specific"),
    )


def _effect(one: AttributedBucket) -> Effect:
    return Effect(
        bucket=one.bucket,
        portfolio_weight=one.portfolio_weight,
        benchmark_weight=one.benchmark_weight,
        portfolio_return=one.portfolio_return,
        benchmark_return=one.benchmark_return,
        allocation=one.allocation_effect,
        selection=one.selection_effect,
        interaction=one.interaction_effect,
        currency=one.currency_effect,
        total=one.total_effect,
    )
