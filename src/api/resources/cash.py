"""Depositing and withdrawing cash."""

from uuid import UUID

from litestar import Controller, post
from litestar.params import FromPath, JSONBody

from api.answers import Answer, ApiResponse
from api.bodies import require_rules
from api.idempotency import idempotent
from api.operation import operation
from api.request import ApiRequest
from api.resources import position_examples as examples
from api.resources.cash_bodies import MoveCash, MovedCash
from api.resources.recording import recorded
from api.services import Service
from application.ledger import Ledger
from application.positions import move_cash


class CashController(Controller):
    """Cash of one portfolio."""

    path = "/v1/portfolios/{portfolio_id:uuid}"
    tags = ("Positions",)

    @post(
        "/cash",
        status_code=201,
        opt=operation(
            scope="portfolios:write",
            settles=True,
            headers=("Location",),
            examples=examples.CASH_MOVES,
            example=examples.MOVED_CASH,
        ),
    )
    @idempotent()
    async def move_cash(
        self,
        request: ApiRequest,
        portfolio_id: FromPath[UUID],
        data: JSONBody[MoveCash],
        ledger: Service[Ledger],
    ) -> ApiResponse[MovedCash]:
        """Deposit or withdraw cash.

        A positive amount is deposited, a negative one withdrawn. A withdrawal beyond the balance, on its day or
        on any later one, is 422.
        """
        require_rules(data)
        command = move_cash.MoveCash(
            caller=request.caller,
            portfolio_id=portfolio_id,
            amount=data.amount,
            currency=data.currency,
            on=data.date,
            note=data.note,
        )

        def shape(moved: move_cash.CashMoved) -> Answer[MovedCash]:
            names = ("portfolio_id", "amount", "currency", "date", "note", "cash_balance")
            body = MovedCash(**{name: getattr(moved, name) for name in names})
            return Answer(body, status=201, location=f"/v1/portfolios/{portfolio_id}")

        return await recorded(
            request, lambda remember: move_cash.move_cash(command, ledger=ledger, remember=remember), shape
        )
