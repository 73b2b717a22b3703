"""The names of the read models, for those who wait for them and need none of what makes them."""

PROJECTIONS = ("portfolios", "imports", "recommendations", "analyses", "optimizations")
