"""What arrives from the right side meets what is held: a proposed change, and the complement kept beside it."""
