"""May it leave, and how much of it: the decision table, the decision, labels, redaction, notices. Pure.

The way through: `decide` says which data classes may go, `redact` takes the rest out, `label` marks what goes,
`notices` says what goes with it. Only services.disclose calls `decide` and `redact`.
"""
