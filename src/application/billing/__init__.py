"""What tenants pay for: subscriptions at the payment provider, and the tiers they give."""
