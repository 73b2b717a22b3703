"""Calculators with a question each, in camelCase as their origin has them; nothing is stored."""

from typing import Final, TypeVar

import msgspec
from litestar import Controller, post
from litestar.params import JSONBody

from api.answers import ApiResponse, reply
from api.operation import operation
from api.presence import while_present
from api.request import ApiRequest
from api.resources.calculator_examples import factor_score, optimize_portfolio, size_position, stress_test
from api.services import Service
from application.calculations import Calculations
from application.calculators.factor_score_request import FactorScoreAnswer, FactorScoreRequest
from application.calculators.hrp_request import HrpAnswer, HrpRequest
from application.calculators.size_position_request import SizePositionAnswer, SizePositionRequest
from application.calculators.stress_test_request import StressTestAnswer, StressTestRequest

T = TypeVar("T")
SCOPE: Final = "analytics:read"


class QuickCalculatorController(Controller):
    """What to hold, how much to stake, which asset is better, what could go wrong."""

    path = "/v1"
    tags = ("Calculators",)

    @post(
        "/optimize-portfolio",
        status_code=200,
        opt=operation(
            scope="optimize",
            large_body=True,
            examples=optimize_portfolio.REQUESTS,
            example=optimize_portfolio.ANSWER,
            table=("weights", "riskContributions"),
        ),
    )
    async def optimize_portfolio(
        self, request: ApiRequest, data: JSONBody[HrpRequest], calculations: Service[Calculations]
    ) -> ApiResponse[HrpAnswer]:
        """Weight assets by hierarchical risk parity, and say where the risk comes from."""
        return await _answer(request, calculations, "calculators.optimize-portfolio", data, HrpAnswer)

    @post(
        "/size-position",
        status_code=200,
        opt=operation(scope=SCOPE, examples=size_position.REQUESTS, example=size_position.ANSWER, table="."),
    )
    async def size_position(
        self, request: ApiRequest, data: JSONBody[SizePositionRequest], calculations: Service[Calculations]
    ) -> ApiResponse[SizePositionAnswer]:
        """Return the size of a position by the Kelly criterion, of returns or of a bet.

        kellyOptimal is (expectedReturn − riskFreeRate) / variance, or winProbability − (1 − winProbability) /
        winLossRatio. recommended is min(kellyOptimal · fraction, maxDrawdownFraction), and 0 where kellyOptimal is
        negative.
        """
        return await _answer(request, calculations, "calculators.size-position", data, SizePositionAnswer)

    @post(
        "/factor-score",
        status_code=200,
        opt=operation(
            scope=SCOPE,
            large_body=True,
            examples=factor_score.REQUESTS,
            example=factor_score.ANSWER,
            table=("scores", "ranks", "values"),
        ),
    )
    async def score_factors(
        self, request: ApiRequest, data: JSONBody[FactorScoreRequest], calculations: Service[Calculations]
    ) -> ApiResponse[FactorScoreAnswer]:
        """Score assets against each other by momentum, low volatility, quality and value.

        A score is the standard normal distribution function of the z-score among the assets of the request, cut at
        three deviations: 0.5 is their mean, 1 the best there could be. Rank 1 is best. What lacks data is null.
        """
        return await _answer(request, calculations, "calculators.factor-score", data, FactorScoreAnswer)

    @post(
        "/stress-test",
        status_code=200,
        opt=operation(
            scope=SCOPE,
            large_body=True,
            examples=stress_test.REQUESTS,
            example=stress_test.ANSWER,
            table="scenarios",
        ),
    )
    async def simulate_bad_times(
        self, request: ApiRequest, data: JSONBody[StressTestRequest], calculations: Service[Calculations]
    ) -> ApiResponse[StressTestAnswer]:
        """Simulate a portfolio in 2008, 2020 and 2000 to 2002, with shocks to mean, volatility and correlation.

        The shocks are measured on S&P 500 stocks. Losses are negative and cvar95 is never above var95.
        """
        return await _answer(request, calculations, "calculators.stress-test", data, StressTestAnswer)


async def _answer(
    request: ApiRequest, calculations: Calculations, task: str, data: msgspec.Struct, answer: type[T]
) -> ApiResponse[T]:
    return reply(await while_present(request, calculations.run(task, data, answer)))
