"""How a portfolio has performed: returns without and with its flows, against its benchmark, over any period."""
