"""The interpreter: bound rows walked one by one. Slow and plain; it judges what is compiled, and names every fault."""
