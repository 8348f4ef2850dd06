"""Doing: settling and giving back (`settling`), and earlier care that comes in later (`late`)."""
