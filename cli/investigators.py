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

from cli.evidence import Exported, House, NotFetched, Source, open_into
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
    public = make_locked_key(file, passphrase)
    typer.echo(f"public key   {public.hex()}")
    typer.echo(f"fingerprint  {tipoffs.fingerprint(public)}")


def make_locked_key(file: Path, passphrase: str) -> bytes:
    """Make a key pair and keep the private key locked in a file that is not there yet; gives the public one."""
    private = X25519PrivateKey.generate()
    file.touch(mode=0o600, exist_ok=False)
    file.write_bytes(tipoffs.lock_private_key(private, passphrase))
    return private.public_key().public_bytes_raw()


@app.command("open-tip")
def open_tip(
    file: Annotated[Path, typer.Argument(help="The locked key.")],
    passphrase: Annotated[str, typer.Option(prompt=True, hide_input=True, help="The key's passphrase.")],
    *,
    answer: Annotated[Path | None, typer.Option(help="The answer of tipoffOpen or tipoffRecordOpen as JSON.")] = None,
    half: Annotated[str | None, typer.Option(help="The other's half, for a record that two people open.")] = None,
    into: Annotated[Path | None, typer.Option(help="A folder for the evidence, cleaned and original.")] = None,
    sealed: Annotated[Path | None, typer.Option(help="A folder with sealed files, exported from the shelf.")] = None,
    house: Annotated[str | None, typer.Option(help="The address of the house, to fetch sealed files from.")] = None,
    token_file: Annotated[Path | None, typer.Option(help="A file with the access token of one's log-in.")] = None,
) -> None:
    """Open the envelopes of a case, or one's half of an informant's record, from the answer that the API gave.

    For a record it prints one's half; with the other's half it prints the record. With --into it also opens the
    evidence: out of a folder (--sealed), or fetched from the house with one's log-in (--house, --token-file).
    """
    source = None if into is None else _source(sealed, house, token_file)
    try:
        private = tipoffs.unlock_private_key(file.read_bytes(), passphrase)
    except InvalidTag:
        typer.echo("This passphrase does not open this key.", err=True)
        raise typer.Exit(2) from None
    given = orjson.loads(answer.read_bytes() if answer else sys.stdin.buffer.read())
    if (record := _find(given, "record")) is not None:
        typer.echo(_open_record(record, private, half=half))
        return
    envelopes = _find(given, "envelopes") or []
    for envelope in envelopes:
        if into is None or not envelope["kind"].startswith("EVIDENCE"):
            typer.echo(_open_envelope(envelope, private))
    if into is not None and source is not None:
        _open_evidence(into, envelopes, private, source=source)


@app.command("share")
def share(
    file: Annotated[Path, typer.Argument(help="The locked key.")],
    with_key: Annotated[str, typer.Argument(help="The public key that may open the case, 64 hexadecimal signs.")],
    passphrase: Annotated[str, typer.Option(prompt=True, hide_input=True, help="The key's passphrase.")],
    answer: Annotated[Path | None, typer.Option(help="The answer of tipoffOpen as JSON.")] = None,
) -> None:
    """Wrap the keys of a case anew for a colleague's public key; prints the `envelopes` of tipoffShare."""
    try:
        private = tipoffs.unlock_private_key(file.read_bytes(), passphrase)
    except InvalidTag:
        typer.echo("This passphrase does not open this key.", err=True)
        raise typer.Exit(2) from None
    public = bytes.fromhex(with_key)
    given = orjson.loads(answer.read_bytes() if answer else sys.stdin.buffer.read())
    shared: list[dict[str, str]] = []
    for envelope in _find(given, "envelopes") or []:
        try:
            key = tipoffs.unwrap(base64.b64decode(envelope["wrapped"]), private, envelope["place"])
        except InvalidTag:
            continue
        anew = base64.b64encode(tipoffs.wrap(key, public, envelope["place"])).decode()
        shared.append({"envelopeId": envelope["id"], "wrapped": anew})
    typer.echo(orjson.dumps(shared).decode())


def _source(sealed: Path | None, house: str | None, token_file: Path | None) -> Source:
    if sealed is not None:
        return Exported(sealed)
    if house is None or token_file is None:
        typer.echo("Say where sealed files come from: --sealed, or --house with --token-file.", err=True)
        raise typer.Exit(2)
    try:
        return House(house, token_file.read_text().strip())
    except NotFetched as reason:
        typer.echo(str(reason), err=True)
        raise typer.Exit(2) from None


def _open_evidence(folder: Path, envelopes: list[dict[str, Any]], private: X25519PrivateKey, *, source: Source) -> None:
    """Open what is there; end with 1 when something could not be had."""
    missing = 0
    for opened in open_into(folder, envelopes, private, source=source):
        typer.echo(opened.line)
        missing += opened.is_missing
    if missing:
        raise typer.Exit(1)


def _open_envelope(envelope: dict[str, Any], private: X25519PrivateKey) -> str:
    head = f"{envelope['day']} {envelope['kind']}"
    try:
        key = tipoffs.unwrap(base64.b64decode(envelope["wrapped"]), private, envelope["place"])
    except InvalidTag:
        return f"{head}  (wrapped for another key)"
    if not envelope["content"]:
        return f"{head}  (evidence; --into FOLDER opens it)"
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
