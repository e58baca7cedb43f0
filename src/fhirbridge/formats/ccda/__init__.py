"""C-CDA documents as US hospitals send them: Care Plan and Discharge Summary, read to a tree that maps can read.

Only inbound. Source: HL7 CDA R2 Consolidated Templates R2.1, https://www.hl7.org/ccdasearch/
"""
