"""Programs of those who report and of those who investigate, over the GraphQL of a running application.

What is sealed is opened here as it is at home: private keys are in the hands of those who made them. A program knows
trusted documents by their ids.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import orjson
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from api.documents import TrustedDocuments
from domain import tipoffs
from domain.actors import ANYBODY, Actor
from domain.identity import StaffRole
from tests.conformance.agency import Agency
from tests.domain.tipoffs.people import staff

IDS: Final = TrustedDocuments.of_folder().manifest()
A_REPORT: Final = {"what": "住院部挂床，夜间空无一人", "who": "某康复医院", "when": "今年九月"}
ALL_STATES: Final = [state.value for state in tipoffs.TipoffState]


@dataclass
class Client:
    """Somebody's program, with what its owner holds."""

    agency: Agency
    actor: Actor
    private: dict[str, X25519PrivateKey] = field(default_factory=dict[str, X25519PrivateKey])

    async def ask(self, name: str, /, **variables: object) -> Any:
        """Send one trusted document by its id, and give its root field."""
        # Who reports asks at an address of which nothing is kept.
        path = "/tipoffs/graphql" if self.actor is ANYBODY else "/graphql"
        body = {"documentId": IDS[name], "variables": variables}
        answer = await self.agency.http.post(path, json=body, headers=await self.agency.headers(self.actor))
        told = answer.json()
        assert "errors" not in told, told
        return next(iter(told["data"].values()))

    async def do(self, name: str, /, **asked: object) -> Any:
        """Send a mutation, see that nothing is refused, and give its object."""
        payload = await self.ask(name, input=asked)
        assert payload["errors"] == [], payload
        return next(shown for field, shown in payload.items() if field != "errors")

    async def keyed(self, name: str, /, **asked: object) -> Any:
        """Do something that may be repeated."""
        return await self.do(name, idempotencyKey=str(uuid4()), **asked)

    async def refused(self, name: str, /, **asked: object) -> list[str]:
        """Try something, and give the codes of all refusals."""
        payload = await self.ask(name, input={"idempotencyKey": str(uuid4()), **asked})
        return [error["code"] for error in payload["errors"]]

    async def report(self, **more: object) -> Any:
        """Report something, and give the receipt with what stands beside it."""
        return await self.do("TipoffReport", token=str(uuid4()), **{**A_REPORT, **more})

    async def make_key(self, purpose: str, keeper: Client) -> str:
        """Make a key at home, register its public half, and have it compared."""
        private = X25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()
        registered = await self.keyed("InvestigatorKeyRegister", purpose=purpose, publicKey=public.hex())
        assert registered["fingerprint"] == tipoffs.fingerprint(public)
        await keeper.keyed("InvestigatorKeyConfirm", id=registered["id"])
        self.private[registered["id"]] = private
        return registered["id"]

    async def cases(self) -> list[Any]:
        """List one's cases, those due first."""
        return await self.ask("Tipoffs", states=ALL_STATES)

    async def case(self) -> Any:
        """Give the only case there is."""
        (found,) = await self.cases()
        return found

    async def file(self) -> Any:
        """Open the only case on record."""
        return await self.do("TipoffOpen", id=(await self.case())["id"])

    async def envelopes(self, kind: str) -> list[Any]:
        """Open the case on record, and give its envelopes of one kind."""
        return [envelope for envelope in (await self.file())["envelopes"] if envelope["kind"] == kind]

    async def read(self, kind: str) -> list[Any]:
        """Open every text of a kind."""
        return [
            orjson.loads(self.unseal(envelope, base64.b64decode(envelope["content"])))
            for envelope in await self.envelopes(kind)
        ]

    async def evidence(self, kind: str) -> bytes:
        """Fetch the sealed bytes of the only file and open them."""
        (envelope,) = await self.envelopes(kind)
        fetched = await self.agency.http.get(envelope["evidencePath"], headers=await self.agency.headers(self.actor))
        assert fetched.status_code == 200
        return self.unseal(envelope, fetched.content)

    def content_key(self, envelope: Mapping[str, Any]) -> bytes:
        """Take the key of a content out of its wrapping."""
        private = self.private[envelope["recipient"]]
        return tipoffs.unwrap(base64.b64decode(envelope["wrapped"]), private, envelope["place"])

    def unseal(self, envelope: Mapping[str, Any], content: bytes) -> bytes:
        """Open something with the private key in these hands."""
        return tipoffs.open_sealed(content, self.content_key(envelope), envelope["place"])

    async def approve(self, kind: str, subject: str) -> None:
        """Find what waits for one's word, and say yes to exactly that."""
        waiting = (await self.ask("Approvals", only={"kinds": [kind]}))["edges"]
        (question,) = [edge["node"] for edge in waiting if edge["node"]["subjectId"] == subject]
        decided = await self.keyed(
            "ApprovalDecide", id=question["id"], contentDigest=question["contentDigest"], outcome="APPROVE"
        )
        assert decided["state"] == "APPROVED"


@dataclass
class Everybody:
    """The informant's program, two investigators, the two who hold the halves, and who looks after keys."""

    informant: Client
    first: Client
    second: Client
    head: Client
    leader: Client
    keeper: Client
    reward_key: X25519PrivateKey
    """In the reward desk's hands alone."""


async def everybody_with_keys(agency: Agency) -> Everybody:
    """Give everybody an account and, over GraphQL, a key."""
    keeper = Client(agency, await staff(StaffRole.SECURITY_ADMINISTRATOR, name="安全管理员"))
    made = Everybody(
        informant=Client(agency, ANYBODY),
        first=Client(agency, await staff(StaffRole.INVESTIGATOR, name="稽核甲")),
        second=Client(agency, await staff(StaffRole.INVESTIGATOR, name="稽核乙")),
        head=Client(agency, await staff(StaffRole.CENTRE_HEAD, name="中心主任")),
        leader=Client(agency, await staff(StaffRole.DIVISION_LEADER, name="分管领导")),
        keeper=keeper,
        reward_key=X25519PrivateKey.generate(),
    )
    await made.first.make_key("CASE", keeper)
    await made.second.make_key("CASE", keeper)
    await made.head.make_key("IDENTITY_FIRST", keeper)
    await made.leader.make_key("IDENTITY_SECOND", keeper)
    public = made.reward_key.public_key().public_bytes_raw()
    desk = await made.head.keyed("InvestigatorKeyRegister", purpose="REWARD_DESK", publicKey=public.hex())
    await keeper.keyed("InvestigatorKeyConfirm", id=desk["id"])
    return made
