"""What investigators do on their own computers: make a key, and open what was sealed to them.

The private key is made here, written under a passphrase, and never sent anywhere. The house gets the public half.
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from domain import tipoffs

_SHORTEST = 16
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)


@app.command("key")
def make_key(
    file: Annotated[Path, typer.Argument(help="Where the locked key goes; it must not be there yet.")],
    passphrase: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, help="At least 16 characters.")
    ],
) -> None:
    """Make a key pair: the locked private key goes into the file, the public one is printed for the registry."""
    if len(passphrase) < _SHORTEST:
        typer.echo(f"The passphrase needs {_SHORTEST} characters: a file is guessed at for ever.", err=True)
        raise typer.Exit(2)
    private = X25519PrivateKey.generate()
    file.touch(mode=0o600, exist_ok=False)
    file.write_bytes(tipoffs.lock_private_key(private, passphrase))
    public = private.public_key().public_bytes_raw()
    typer.echo(f"public key   {public.hex()}")
    typer.echo(f"fingerprint  {tipoffs.fingerprint(public)}")


@app.command("open-tip")
def open_tip(
    file: Annotated[Path, typer.Argument(help="The locked key.")],
    passphrase: Annotated[str, typer.Option(prompt=True, hide_input=True, help="The key's passphrase.")],
    answer: Annotated[Path | None, typer.Option(help="The answer of tipoffOpen or tipoffRecordOpen as JSON.")] = None,
    half: Annotated[str | None, typer.Option(help="The other's half, for a record that two people open.")] = None,
) -> None:
    """Open the envelopes of a case, or one's half of an informant's record, from the answer that the API gave.

    For a record it prints one's half; with the other's half it prints the record.
    """
    try:
        private = tipoffs.unlock_private_key(file.read_bytes(), passphrase)
    except InvalidTag:
        typer.echo("This passphrase does not open this key.", err=True)
        raise typer.Exit(2) from None
    given = orjson.loads(answer.read_bytes() if answer else sys.stdin.buffer.read())
    if (record := _find(given, "record")) is not None:
        typer.echo(_open_record(record, private, half=half))
        return
    for envelope in _find(given, "envelopes") or []:
        typer.echo(_open_envelope(envelope, private))


def _open_envelope(envelope: dict[str, Any], private: X25519PrivateKey) -> str:
    head = f"{envelope['day']} {envelope['kind']}"
    try:
        key = tipoffs.unwrap(base64.b64decode(envelope["wrapped"]), private, envelope["place"])
    except InvalidTag:
        return f"{head}  (wrapped for another key)"
    if not envelope["content"]:
        return f"{head}  (evidence; its key is {key.hex()})"
    plain = tipoffs.open_sealed(base64.b64decode(envelope["content"]), key, envelope["place"])
    return f"{head}  {plain.decode()}"


def _open_record(record: dict[str, Any], private: X25519PrivateKey, *, half: str | None) -> str:
    mine = tipoffs.unwrap(base64.b64decode(record["wrapped"]), private, record["place"])
    if half is None:
        return f"your half  {mine.hex()}"
    halves = (mine, bytes.fromhex(half))
    return tipoffs.open_by_two(base64.b64decode(record["content"]), halves, record["place"]).decode()


def _find(given: Any, name: str) -> Any:  # noqa: ANN401 - an answer of the API, of whatever shape
    """Find a field anywhere in an answer."""
    if not isinstance(given, dict):
        return None
    found: dict[str, Any] = given
    if name in found:
        return found[name]
    return next((inner for value in found.values() if (inner := _find(value, name)) is not None), None)
