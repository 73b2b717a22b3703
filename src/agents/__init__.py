"""Who acts unasked: pure decisions and the loop that feeds them."""
