"""A portfolio's past as arrays, from which every figure of it is computed."""
