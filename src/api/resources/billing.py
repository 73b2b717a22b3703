"""Paying for a tier, and hearing from the payment provider that somebody did."""

from datetime import UTC, datetime

from litestar import Controller, post
from litestar.params import JSONBody

from api.answers import Answer, ApiResponse, reply
from api.idempotency import idempotent
from api.operation import operation
from api.problems import Problem
from api.request import ApiRequest
from api.resources import billing_examples as examples
from api.resources.billing_bodies import Checkout, CheckoutPage, EventReceived, PaymentEventBody
from api.services import Service
from application.billing.checkout import StartCheckout, start_checkout
from application.billing.ports import (
    Answers,
    CheckoutRefused,
    Checkouts,
    SignatureRefused,
    Signatures,
    Subscriptions,
)
from application.billing.receive_event import receive_event
from application.billing.subscription_events import EventMalformed

SIGNATURE = b"stripe-signature"


class BillingController(Controller):
    """Subscriptions to tiers."""

    path = "/v1/billing"
    tags = ("Billing",)

    @post(
        "/checkout",
        status_code=200,
        opt=operation(errors=(404, 502), examples=examples.CHECKOUT_REQUESTS, example=examples.CHECKOUT),
    )
    @idempotent()
    async def start_checkout(
        self,
        request: ApiRequest,
        data: JSONBody[Checkout],
        checkouts: Service[Checkouts],
        answers: Service[Answers],
    ) -> ApiResponse[CheckoutPage]:
        """Open a page on which the tenant subscribes to a tier.

        The tier changes when the payment provider says that the subscription began, not before. A tenant that is not
        the credential's own is 404; without a payment provider it is 503.
        """
        keyed = request.idempotency
        command = StartCheckout(
            caller=request.caller,
            tenant=data.tenant_id,
            tier=data.tier,
            idempotency_key=None if keyed is None else keyed.key,
        )
        try:
            url = await start_checkout(command, checkouts=checkouts)
        except CheckoutRefused as refusal:
            raise Problem("bad_gateway", str(refusal)) from None
        answer = Answer(CheckoutPage(url=url))
        if kept := answer.keyed(request):
            await answers.keep(kept)
        return answer.at(None)

    @post(
        "/webhook",
        status_code=200,
        opt=operation(
            public=True,
            rate="none",  # Stripe sends in bursts, and who has no secret costs no more than a hash of the body
            errors=(503,),
            raw=PaymentEventBody,
            examples=examples.EVENTS,
            example=examples.RECEIVED,
        ),
    )
    async def receive_payment_event(
        self, request: ApiRequest, signatures: Service[Signatures], subscriptions: Service[Subscriptions]
    ) -> ApiResponse[EventReceived]:
        """Take an event of the payment provider, signed in the header `stripe-signature`; for Stripe, not for clients.

        `customer.subscription.created` and `.updated` give the tenant that the metadata of the subscription name its
        tier, `.deleted` takes it back to `free`. An event that came before, or that is older than what is known of its
        subscription, changes nothing. A signature that is missing, wrong or older than five minutes is 400.
        """
        signature = request.exchange.header(SIGNATURE)
        if not signature:
            raise Problem("bad_request", "The header stripe-signature is missing.")
        try:
            received = await receive_event(
                await request.body(),
                signature,
                signatures=signatures,
                subscriptions=subscriptions,
                now=datetime.now(UTC),
            )
        except (SignatureRefused, EventMalformed) as refusal:
            raise Problem("bad_request", str(refusal)) from None
        return reply(EventReceived(applied=received.applied, reason=received.reason))
