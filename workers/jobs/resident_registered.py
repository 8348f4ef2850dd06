"""A new resident joins the scheme that was wished for, and gets the bill of the running and, in autumn, the next year."""

from __future__ import annotations
