"""Answering recommendations."""
