"""Positions: importing files of them, recording single ones, cash."""
