"""The stages of a settlement in their order, each a small pure function over whole fen.

catalogue → off_site → deductible → basic → layers (large, critical, top-ups, assistance, tilt, backstop) → account;
and union, which is outside the fee.
"""
