"""Narrative from the map: what the rows of a block wrote, told under the names of the fields that it came from."""
