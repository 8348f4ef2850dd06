"""A certified client that we did not write goes the whole way, and no exception is made for us."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tests.conformance.fapi.relying import Party
from tests.conformance.fapi.subjects import ROOT, Subject, installed


def drive(party: Party, *, machine: dict[str, object] | None) -> dict[str, Any]:
    """Let the client do everything, and the person what the browser shows."""
    subject = party.subject
    folder = installed()
    given = {
        "issuer": subject.issuer,
        "port": subject.port,
        "algorithm": "oidc" if "openid" in subject.metadata_path else "oauth2",
        "client": party.client.client_id,
        "key": party.client.key.as_dict(private=True),
        "redirect": party.client.redirect_uri,
        "scope": subject.scope,
        "resource": {
            "method": subject.resource_method,
            "url": party.resource,
            "body": json.dumps(subject.resource_body) if subject.resource_body else None,
        },
        "machine": machine,
    }
    with subprocess.Popen(
        ["node", str(folder / "client.mjs")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(json.dumps(given) + "\n")
        process.stdin.flush()
        address = process.stdout.readline().strip()
        assert address, process.stderr.read()
        end = subject.answer_pages(party.browser.get(address), party.browser, consent=True)
        process.stdin.write(end.headers["location"] + "\n")
        process.stdin.flush()
        told = process.stdout.readline()
        assert told, process.stderr.read()
        return dict(json.loads(told))


def test_a_strict_client_goes_the_whole_way(party: Party) -> None:
    told = drive(party, machine=machine_of(party.subject))

    assert told["tokens"]["token_type"] == told["renewed"]["token_type"] == "dpop"
    for answer in (told["first"], told["second"]):
        assert answer["status"] == 200
        assert "errors" not in answer["body"]
    assert told["before"]["active"] is True
    assert told["before"]["cnf"] == {"jkt": told["thumbprint"]}
    assert told["before"]["client_id"] == party.client.client_id
    if party.subject.name == "ours":
        # The whole family ends with its refresh token; the peer lets access tokens live on, as it may (RFC 7009, 2.1).
        assert told["after"] == {"active": False}
        assert told["refusal"]["status"] == 401
        assert told["refusal"]["challenges"][0]["scheme"] == "dpop"
        assert told["machine"]["scope"] == "coverage:check"


def machine_of(subject: Subject) -> dict[str, object] | None:
    hospital = subject.clients[3]
    scope = "coverage:check" if subject.name == "ours" else "openid"
    return {"client": hospital.client_id, "key": hospital.key.as_dict(private=True), "scope": scope}
