"""NumPy functions evaluated on stand-ins: recorded variables, dual numbers, complex steps."""
