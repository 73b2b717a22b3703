"""Writing files for people; imported by calculator processes only."""
