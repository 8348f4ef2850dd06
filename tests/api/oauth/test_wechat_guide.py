"""The lines of docs/guides/wechat-login.md, run as they stand there against the whole application over HTTP."""

from __future__ import annotations

import asyncio
import os
import re
from datetime import date
from pathlib import Path

import city
from domain import identity
from domain.actors import SYSTEM
from domain.residents import MandateKind, Sex
from tests.builders import a_mandate, a_resident, run
from tests.conformance.agency import running_agency

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guides" / "wechat-login.md"
JOURNEY, _ = re.findall(r"```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_guide_names_somebody_of_the_demonstration() -> None:
    (delegate,) = [person for person in city.demo_people() if person.account == "delegate"]
    assert f"NAME={delegate.name}\nNUMBER={city.demo_document_number(delegate)}\n" in JOURNEY


async def test_the_lines_of_the_guide(database_url: str, redis_url: str, tmp_path: Path) -> None:
    async with running_agency(database_url, redis_url, tmp_path, origin="https://agency.test") as agency:
        father = await a_resident(name="岳长青", born_on=date(1946, 2, 11), sex=Sex.MALE)
        daughter = await a_resident(name="岳小岚", born_on=date(1973, 6, 8), id_number="330902197306089985")
        await a_mandate(holder=daughter, subject=father, kind=MandateKind.DELEGATE)
        for client in identity.demo_clients("https://agency.test"):
            await run(lambda work, client=client: identity.register_client(work, client=client), actor=SYSTEM)
        places = {"http://127.0.0.1:8000": agency.address, "http://127.0.0.1:8002": agency.wechat}
        script = JOURNEY
        for there, here in places.items():
            assert script.count(there) == 1
            script = script.replace(there, here)

        said = await bash(script)

    newcomer, closed, bound, hers, first_page, bindings, ended, dead, nobody = said.strip().splitlines()
    assert '"scope":"self:bind"' in newcomer
    assert "FORBIDDEN" in closed
    assert '"level":"HIGH"' in bound
    assert '"errors":[]' in bound
    assert "bill:pay" in hers
    assert "岳小岚" in first_page
    assert "岳长青" in first_page
    assert '"isThisOne":true' in bindings
    assert '"endedAt":"2026' in ended
    assert "岳小岚" not in dead
    assert "revoked" in dead
    assert '"scope":"self:bind"' in nobody


async def bash(script: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", script),
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},  # noqa: TID251 - the tests' own border
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, complained.decode() + said.decode()
    return said.decode()
