"""What those who write maps do with them: one use case a file."""
