"""Calculators on sent figures: nothing is stored, so that anyone can check how we compute."""

from typing import Final, TypeVar

import msgspec
from litestar import Controller, post
from litestar.params import JSONBody

from api.answers import ApiResponse, reply
from api.operation import operation
from api.presence import while_present
from api.request import ApiRequest
from api.resources.calculator_examples import attribution, factors, performance, rebalance, returns, risk
from api.services import Service
from application.calculations import Calculations
from application.calculators.attribution_request import AttributionAnswer, AttributionRequest
from application.calculators.factors_request import FactorsAnswer, FactorsRequest
from application.calculators.performance_request import PerformanceAnswer, PerformanceRequest
from application.calculators.rebalance_answer import RebalanceAnswer
from application.calculators.rebalance_request import RebalanceRequest
from application.calculators.returns_request import ReturnsAnswer, ReturnsRequest
from application.calculators.risk_request import RiskAnswer, RiskRequest

T = TypeVar("T")
SCOPE: Final = "analytics:read"


class CalculatorController(Controller):
    """Figures of series, valuations and weights that come with the request."""

    path = "/v1/analytics"
    tags = ("Calculators",)

    @post(
        "/performance",
        status_code=200,
        opt=operation(
            scope=SCOPE,
            large_body=True,
            examples=performance.REQUESTS,
            example=performance.ANSWER,
            table=("metrics", "drawdowns"),
        ),
    )
    async def calculate_performance(
        self, request: ApiRequest, data: JSONBody[PerformanceRequest], calculations: Service[Calculations]
    ) -> ApiResponse[PerformanceAnswer]:
        """Measure a series of returns, with a benchmark and a risk-free rate where they are sent."""
        return await _answer(request, calculations, "calculators.performance", data, PerformanceAnswer)

    @post(
        "/returns",
        status_code=200,
        opt=operation(
            scope=SCOPE,
            large_body=True,
            examples=returns.REQUESTS,
            example=returns.ANSWER,
            table="sub_periods",
        ),
    )
    async def calculate_returns(
        self, request: ApiRequest, data: JSONBody[ReturnsRequest], calculations: Service[Calculations]
    ) -> ApiResponse[ReturnsAnswer]:
        """Return time-weighted, Modified Dietz and money-weighted returns of valuations and flows."""
        return await _answer(request, calculations, "calculators.returns", data, ReturnsAnswer)

    @post(
        "/risk",
        status_code=200,
        opt=operation(
            scope=SCOPE,
            large_body=True,
            examples=risk.REQUESTS,
            example=risk.ANSWER,
            table="components",
        ),
    )
    async def calculate_risk(
        self, request: ApiRequest, data: JSONBody[RiskRequest], calculations: Service[Calculations]
    ) -> ApiResponse[RiskAnswer]:
        """Return value at risk, expected shortfall and volatility of returns, and what each asset adds."""
        return await _answer(request, calculations, "calculators.risk", data, RiskAnswer)

    @post(
        "/attribution",
        status_code=200,
        opt=operation(
            scope=SCOPE,
            large_body=True,
            examples=attribution.REQUESTS,
            example=attribution.ANSWER,
            table=("segments", "periods.segments"),
        ),
    )
    async def calculate_attribution(
        self, request: ApiRequest, data: JSONBody[AttributionRequest], calculations: Service[Calculations]
    ) -> ApiResponse[AttributionAnswer]:
        """Say where an active return comes from, period by period and linked over all of them."""
        return await _answer(request, calculations, "calculators.attribution", data, AttributionAnswer)

    @post(
        "/factors",
        status_code=200,
        opt=operation(
            scope=SCOPE,
            large_body=True,
            examples=factors.REQUESTS,
            example=factors.ANSWER,
            table="loadings",
        ),
    )
    async def calculate_factors(
        self, request: ApiRequest, data: JSONBody[FactorsRequest], calculations: Service[Calculations]
    ) -> ApiResponse[FactorsAnswer]:
        """Regress returns on factors."""
        return await _answer(request, calculations, "calculators.factors", data, FactorsAnswer)

    @post(
        "/rebalance",
        status_code=200,
        opt=operation(
            scope=SCOPE,
            examples=rebalance.REQUESTS,
            example=rebalance.ANSWER,
            table=("trades", "before", "after"),
        ),
    )
    async def calculate_rebalance(
        self, request: ApiRequest, data: JSONBody[RebalanceRequest], calculations: Service[Calculations]
    ) -> ApiResponse[RebalanceAnswer]:
        """Return the trades that bring holdings to their targets, with the audit of a recommendation."""
        return await _answer(request, calculations, "calculators.rebalance", data, RebalanceAnswer)


async def _answer(
    request: ApiRequest, calculations: Calculations, task: str, data: msgspec.Struct, answer: type[T]
) -> ApiResponse[T]:
    return reply(await while_present(request, calculations.run(task, data, answer)))
