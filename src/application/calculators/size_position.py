"""The size of a position by the Kelly criterion."""

from analytics.sizing.kelly import sized
from application.calculators.size_position_request import SizePositionAnswer, SizePositionRequest
from domain.errors import Refused


def calculate(request: SizePositionRequest) -> SizePositionAnswer:
    """Return the Kelly fraction and what is recommended of it.

    Raises
    ------
    Refused
        With every violation: fields that the mode lacks, or that only the other mode knows.
    """
    violations = list(request.violations())
    if violations:
        raise Refused("The fields do not fit the mode.", violations=violations)
    kelly = request.kelly() + 0.0  # -0.0 is no way to tell a client that nothing is to be won
    cap = request.max_drawdown_fraction
    size = sized(kelly, fraction=request.fraction, cap=cap)
    return SizePositionAnswer(
        kelly_optimal=kelly, recommended=size.recommended, clamped=size.clamped, cap=cap
    )
