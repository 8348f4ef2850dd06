"""Doing: payouts are made, batched, released, sent, and reconciled."""
