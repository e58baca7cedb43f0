"""What R4 says in words of what a resource holds, beyond its structure: one file a topic, for the full check only."""
