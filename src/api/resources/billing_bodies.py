"""What comes in and goes out where tenants pay."""

from typing import Annotated, Any, Literal

import msgspec

from application.billing.subscription_events import Reason


class Checkout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A subscription to pay for."""

    tenant_id: Annotated[
        str,
        msgspec.Meta(
            min_length=1,
            max_length=255,
            description="The tenant of the credential; any other is not found.",
            examples=["acme"],
        ),
    ]
    tier: Annotated[
        Literal["pro", "quant", "enterprise"], msgspec.Meta(description="The tier to subscribe to.")
    ]


class CheckoutPage(msgspec.Struct, frozen=True, kw_only=True):
    """Where to pay."""

    url: Annotated[str, msgspec.Meta(description="The payment provider's page; open it in a browser.")]


class PaymentEventBody(msgspec.Struct, frozen=True, kw_only=True):
    """An event of the payment provider, exactly as it was signed."""

    id: Annotated[str, msgspec.Meta(max_length=255, description="The event; the same one counts once.")]
    type: Annotated[
        str, msgspec.Meta(description="What happened.", examples=["customer.subscription.created"])
    ]
    created: Annotated[int, msgspec.Meta(description="When it happened, Unix seconds.")]
    data: Annotated[
        dict[str, Any],
        msgspec.Meta(
            description="`object` is the subscription; its `metadata` names `tenant_id` and `tier`."
        ),
    ]


class EventReceived(msgspec.Struct, frozen=True, kw_only=True):
    """The event is taken care of; it need not come again."""

    received: Annotated[bool, msgspec.Meta(description="Always true.")] = True
    applied: Annotated[bool, msgspec.Meta(description="Whether it was about a subscription and new.")]
    reason: Annotated[
        Reason | None,
        msgspec.Meta(
            description="Why it was not applied: `unhandled_type`, `no_tenant` or `no_tier` in its metadata, "
            "`replayed`, or `superseded` by a newer event of the same subscription."
        ),
    ]
