"""What a portfolio's returns owe to factors."""
