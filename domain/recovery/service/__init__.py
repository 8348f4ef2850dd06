"""Doing: what is owed and what comes back (`money`), and the steps that people take (`steps`)."""
