"""Doing: accounts and posts, leave and stand-ins, sessions and locks, first passwords."""
