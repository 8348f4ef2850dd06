"""What follows from what happened: jobs by events, and what has to be done every so often."""
