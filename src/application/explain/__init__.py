"""Why a figure of a portfolio changed between two days, or between two states of knowledge."""
