"""The agency itself: rooms with front doors, and the words that all of them use."""
