"""The first administrators of an empty house, from the command line, once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from domain import identity, staff
from domain.crypto import Keyring
from tests.servers import ROOT


def begin(database_url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    names = [*("--system", "sys-one"), *("--security", "sec-one"), *("--audit", "aud-one")]
    return subprocess.run(
        [sys.executable, "-m", "cli", "administrators", *names],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database_url, "YIBAO_DATA": str(folder)},  # noqa: TID251 - the tests' own border
        capture_output=True,
        text=True,
        check=False,
    )


async def test_three_administrators_begin_a_house_and_no_more(store: str, tmp_path: Path) -> None:
    Keyring.make().save(tmp_path / "keys.json")

    told = begin(store, tmp_path)

    assert told.returncode == 0, told.stderr
    passwords = dict(line.split() for line in told.stdout.splitlines()[:3])
    for login, role in zip(("sys-one", "sec-one", "aud-one"), staff.ADMINISTRATORS, strict=True):
        account = await identity.check_password(login=login, password=passwords[login])
        assert account is not None
        assert account.roles == {role}
        assert account.first_password_until is not None
    again = begin(store, tmp_path)
    assert again.returncode == 1
    assert "已有管理员" in again.stderr
