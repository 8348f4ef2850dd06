"""Doing: what the public does with a receipt, what investigators do with a case, keys, rewards, and the end."""
