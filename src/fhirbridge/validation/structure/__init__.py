"""The structure of resources: code generated per type from the R4 table, which says what is wrong and where."""
