"""HTTP only: requests to commands, rows to responses, refusals to problems."""
