"""The first journey, as a program: a parent registers a newborn, clerks decide, the family pays, the books balance.

    make run                                        # in one window
    .venv/bin/python docs/guides/first_journey.py   # in another; the text of it is docs/guides/first-journey.md

`Caller` is all that a client of this API needs: a log-in with authorization code and S256 PKCE, and one function that
asks. The test of the whole house (`tests/journey/`) takes the same steps with this very class.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import sys
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx2

PASSWORD = "yibao-demo-2026"  # noqa: S105 - of the demonstration, printed by `make run`


class Caller:
    """Somebody with a browser: logs in as people do, then asks GraphQL with the token.

    `address` is where the house is reached when that is not its origin.
    """

    def __init__(self, origin: str, login: str, password: str = PASSWORD, *, address: str = "") -> None:
        self.origin = origin
        self.http = httpx2.Client(base_url=address or origin, timeout=30, trust_env=False)
        verifier = secrets.token_urlsafe(48)
        code = self._log_in_with_pages(login, password, verifier)
        answer = self.http.post(
            "/oauth/token",
            data={
                "grant_type": "authorization_code",
                "client_id": "explorer",
                "code": code,
                "code_verifier": verifier,
                "redirect_uri": f"{origin}/graphiql",
            },
        )
        answer.raise_for_status()
        self.token = answer.json()["access_token"]

    def ask(self, operation: str, **variables: object) -> dict[str, Any]:
        """Ask for one of the trusted documents of `api/documents/` by its name; give its `data`."""
        body = {"operationName": operation, "variables": variables}
        answer = self.http.post("/graphql", json=body, headers={"Authorization": f"Bearer {self.token}"}).json()
        if "errors" in answer:
            raise RuntimeError(answer["errors"])
        return answer["data"]

    def do(self, operation: str, **fields: object) -> dict[str, Any]:
        """Run a mutation that must not be refused, with a fresh idempotency key; give its payload."""
        payload = self.try_to(operation, **fields)
        if payload["errors"]:
            raise RuntimeError(payload["errors"])
        return payload

    def try_to(self, operation: str, **fields: object) -> dict[str, Any]:
        """Run a mutation and give its payload, refusals included."""
        asked = {"input": {"idempotencyKey": str(uuid4())} | fields}
        if operation in WITHOUT_KEY:
            del asked["input"]["idempotencyKey"]
        return next(iter(self.ask(operation, **asked).values()))

    def _log_in_with_pages(self, login: str, password: str, verifier: str) -> str:
        """Fill in the log-in page and agree on the consent page; give the code that comes back."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        page = self.http.get(
            "/oauth/authorize",
            params={
                "response_type": "code",
                "client_id": "explorer",
                "redirect_uri": f"{self.origin}/graphiql",
                "scope": " ".join(SCOPES),
                "state": secrets.token_urlsafe(16),
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            },
        )
        page = self._send_form(page, step="log-in", login=login, password=password)
        page = self.http.get(page.headers["location"])
        page = self._give_code(page, login) if login in STAFF else self._give_code_of_message(page)
        if page.status_code == 200:  # noqa: PLR2004 - the consent page
            page = self._send_form(page, step="allow")
        while "code=" not in page.headers["location"]:
            page = self.http.get(page.headers["location"])
            if page.status_code == 200:  # noqa: PLR2004 - the consent page
                page = self._send_form(page, step="allow")
        return parse_qs(urlsplit(page.headers["location"]).query)["code"][0]

    def _give_code(self, page: httpx2.Response, login: str) -> httpx2.Response:
        """Give the second factor of staff. A code works once, in its half minute; then comes the next."""
        if 'name="code"' not in page.text:
            return page
        answer = self._send_form(page, step="code", code=one_time_code(login))
        if answer.status_code != 303:  # noqa: PLR2004 - it was used, or too late
            time.sleep(30 - time.time() % 30)
            answer = self._send_form(page, step="code", code=one_time_code(login))
        if answer.status_code != 303:  # noqa: PLR2004 - it was right
            raise RuntimeError(answer.text)
        return answer

    def _give_code_of_message(self, page: httpx2.Response) -> httpx2.Response:
        """Give the second factor of residents: a code sent to their phone, which the demonstration's sandbox shows."""
        for _ in range(4):
            sent = self._send_form(page, step="send-text")
            if sent.status_code == 303:  # noqa: PLR2004 - it is on its way
                break
            time.sleep(20)  # somebody has asked for one within the minute
        page = self.http.get(sent.headers["location"])
        shown = re.search(r'href="(http[^"]+/sandbox/messages/[^"]+)"', page.text)
        assert shown is not None, page.text
        return self._send_form(page, step="text", text_code=httpx2.get(shown[1], trust_env=False).json()["code"])

    def _send_form(self, page: httpx2.Response, **fields: str) -> httpx2.Response:
        action = re.search(r'action="([^"]+)"', page.text)
        assert action is not None, page.text
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        origin = {"Origin": self.origin}
        return self.http.post(action[1].replace("&amp;", "&"), data=hidden | fields, headers=origin)


def one_time_code(login: str) -> str:
    """Compute what an authenticator app shows for a demo account now (RFC 6238)."""
    counter = int(time.time()) // 30
    digest = hmac.digest(f"yibao-demo-{login}".encode(), counter.to_bytes(8, "big"), "sha1")
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"


STAFF = {
    *("clerk", "reviewer", "confirmer", "head", "cashier", "accountant", "auditor"),
    *("leader", "system", "security", "auditadmin", "investigator", "coinvestigator"),
}
WITHOUT_KEY = {"RegistrationOpen", "PersonOpen", "CoverageCheck", "ClaimOpen", "FileDownload"}
SCOPES = (
    *("self:read", "registration:submit", "bill:pay", "mandate:manage"),
    *("resident:read", "registration:check", "registration:decide", "payment:receive", "payment:refund"),
    *("billing:run", "ledger:read", "payout:prepare", "payout:read", "payout:release"),
    *("claim:file", "claim:read", "claim:review", "claim:decide", "approval:read", "approval:decide"),
    *("file:own", "file:read", "file:upload"),
    *("beneficiary:propose", "beneficiary:read", "beneficiary:decide", "clearing:handle", "tipoff:investigate"),
)


def newborn(born_on: str, birth_certificate: str, name: str = "陈小满") -> dict[str, object]:
    """Fill in the form for a child that has no identity number yet."""
    return {
        "name": name,
        "sex": "FEMALE",
        "bornOn": born_on,
        "documentType": "BIRTH_CERTIFICATE",
        "documentNumber": birth_certificate,
        "relation": "PARENT",
        "evidence": ["出生医学证明"],
    }


def open_bills(parent: Caller, *names: str) -> list[dict[str, Any]]:
    """List the open bills of the people with these names, or of the whole family."""
    home = parent.ask("Home")["home"]
    people = [home["me"], *home["family"]]
    return [
        bill
        for person in people
        if not names or person["name"] in names
        for bill in person["bills"]
        if bill["state"] == "OPEN"
    ]


def wait_until(happened: Any, *, seconds: float = 20) -> Any:  # noqa: ANN401 - whatever is waited for
    """Look again and again until something is there."""
    until = time.monotonic() + seconds
    while not (found := happened()):
        if time.monotonic() > until:
            raise TimeoutError("It did not happen.")
        time.sleep(0.1)
    return found


def pay_in_sandbox(order: dict[str, Any], *, copies: int = 1) -> None:
    """Do what the person does on the platform's page; let the platform notify so many times at once."""
    page = urlsplit(order["payUrl"])
    with httpx2.Client(base_url=f"{page.scheme}://{page.netloc}", timeout=30, trust_env=False) as platform:
        behaviour = {"out_trade_no": order["number"], "copies": copies}
        platform.post("/sandbox/behaviour", json=behaviour).raise_for_status()
        platform.post(f"/sandbox/orders/{order['number']}/pay").raise_for_status()


def main(origin: str) -> None:
    """Take the journey and tell it."""
    parent, clerk, reviewer = (Caller(origin, login) for login in ("parent", "clerk", "reviewer"))
    day = parent.http.post("/graphql", json={"query": "{ about { today } }"}).json()["data"]["about"]["today"]
    sent = parent.do("RegistrationSubmit", form=newborn(day, f"Z{secrets.randbelow(900_000_000) + 100_000_000}"))
    filed = sent["registration"]
    print(f"{filed['number']} filed; an answer is due on {filed['dueOn']}.")
    clerk.do("RegistrationOpen", id=filed["id"], purpose="审核参保登记")
    clerk.do("RegistrationCheck", id=filed["id"], expectedVersion=filed["version"])
    seen = reviewer.do("RegistrationOpen", id=filed["id"], purpose="复核参保登记")["file"]
    reviewer.do(
        "RegistrationDecide",
        id=filed["id"],
        expectedVersion=seen["registration"]["version"],
        contentDigest=seen["contentDigest"],
        approve=True,
    )
    print("Checked by one person and approved by another.")
    bills = wait_until(lambda: open_bills(parent, "陈小满"))
    order = parent.do("PaymentOrderCreate", billIds=[bill["id"] for bill in bills])["order"]
    print(f"Order {order['number']} over {order['amount']} yuan: {order['payUrl']}")
    pay_in_sandbox(order)
    wait_until(lambda: parent.ask("PaymentOrder", id=order["id"])["paymentOrder"]["state"] == "PAID")
    balance = Caller(origin, "accountant").ask("TrialBalance")["trialBalance"]
    print(f"Paid. The books balance: {balance['balanced']}.")
    for reading in parent.ask("Home")["home"]["me"]["readings"]:
        print(f"{reading['at']}  {reading['reader']}: {reading['purpose']}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
