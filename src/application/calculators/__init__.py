"""Calculators on sent data: stateless, so that anyone can check us."""
