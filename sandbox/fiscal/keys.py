"""What the platform gives an agency to ask with: an access key and a secret, and where it listens."""

from __future__ import annotations

import json
import secrets
from pathlib import Path


def make_account(file: Path, *, base_url: str) -> None:
    """Write a new account for its owner alone. Raises FileExistsError: secrets in use are never replaced."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600, exist_ok=False)
    account = {"access_key": f"AK{secrets.token_hex(8)}", "secret": secrets.token_hex(32), "base_url": base_url}
    file.write_text(json.dumps(account, indent=2), encoding="utf-8")
