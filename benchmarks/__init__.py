"""What is measured: always a ratio against the bare database or a peer, in one run, written down by the script."""
