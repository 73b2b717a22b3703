"""Risk of weights against past returns: tails, what adds up to them, ratios, regimes, liquidity.

Returns are simple returns per period as fractions (0.01 is one percent) without NaN; losses come out positive.
"""
