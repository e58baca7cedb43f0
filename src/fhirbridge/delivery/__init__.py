"""What becomes of a delivery: states, retry, routes, kinds of failure. Pure tables and formulas."""
