"""Billing with Stripe: pages to pay on, signatures of its events, and what the events did."""
