"""Twenty ways to choose weights, one module each: arrays in, weights and what explains them out."""
