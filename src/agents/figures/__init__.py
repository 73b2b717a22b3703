"""Who computes figures of portfolios: risk and factors, and attribution."""
