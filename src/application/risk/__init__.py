"""What a portfolio risks: its current holdings against the past of their instruments."""
