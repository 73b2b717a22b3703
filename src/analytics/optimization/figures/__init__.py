"""What weights and their returns are like, beyond what series of returns in general are."""
