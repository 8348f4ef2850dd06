"""Pure decisions about claims: filings, the clock, risk, the bill for the engine, and digests."""
