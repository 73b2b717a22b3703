"""Weights by up to twenty methods at once, computed as a job."""
