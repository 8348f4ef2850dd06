"""Doing: the only files of this room that write. One file for each trade: billing, orders, payments, refunds."""
