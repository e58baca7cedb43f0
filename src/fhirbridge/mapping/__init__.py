"""The mapping engine, pure: rows with positions, checked against both sides, run in both directions.

rows and envelope read text; shapes know what each side may hold; bind joins the two; check judges; run translates.
"""
