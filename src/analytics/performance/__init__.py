"""What a series of returns or valuations says: growth, risk taken, ratios, and returns on money put in."""
