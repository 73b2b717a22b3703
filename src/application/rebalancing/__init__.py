"""From drift to trades: what an agent recommends and anyone may compute."""
