"""Benchmarks: ratios against a named reference, in one run. `make bench` prints them."""
