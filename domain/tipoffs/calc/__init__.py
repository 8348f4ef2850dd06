"""Pure decisions about reports: receipts, sealing, steps, conflicts, rewards, and what may be counted in public."""
