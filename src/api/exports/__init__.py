"""Answers as tables: every list the API answers can be had as CSV and as an Excel workbook."""
