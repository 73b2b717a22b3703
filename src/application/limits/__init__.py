"""How much anybody may ask of the service: limits per minute, quotas per month, and what was used."""
