"""`ops report`: a stack on one page, for who would rather look than read."""
