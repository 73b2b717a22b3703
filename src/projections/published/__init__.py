"""What other programs are told: which events are published, on which streams, in which words."""
