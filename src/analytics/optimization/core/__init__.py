"""Convex programmes over limits: quadratic, linear and ratio objectives, and what to say when nothing keeps to all."""
