"""Binding: a map as written meets both schemas. Every path becomes steps, every codec gets its table or target."""
