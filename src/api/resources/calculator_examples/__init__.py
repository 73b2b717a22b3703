"""Examples of the calculators; each answer is what the service gives to the first request of its calculator."""
