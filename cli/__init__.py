"""The command line: what starts, tests and ships the house. It wires and prints, and decides nothing."""
