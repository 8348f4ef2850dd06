"""The inventory of cryptography is complete: whatever the code calls stands in it, in that file, and nothing else."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
PAGE: Final = ROOT / "docs" / "guides" / "security-decisions.md"
PACKAGES: Final = ("api", "cli", "domain", "partners", "verifier", "workers")
EVERYWHERE: Final = "everywhere"

LIBRARIES: Final = ("argon2", "cryptography", "hashlib", "hmac", "joserfc", "pyotp", "ssl", "webauthn")
# Names of those libraries that compute nothing: refusals, readers of files, shapes, and what compares in even time.
NO_ALGORITHMS: Final = re.compile(
    r"Key|KeySet|KeySetSerialization|import_key|jwt|jws|extract_compact|load_pem_\w+|random_base32|compare_digest"
    r"|bytes_to_base64url|base64url_to_bytes|options_to_json|verify_\w+|generate_\w+|parse_\w+|.*(Error|Exception)"
    r"|AuthenticatorSelectionCriteria|PublicKeyCredentialDescriptor|ResidentKeyRequirement|UserVerificationRequirement"
    r"|Encoding|NoEncryption|PrivateFormat|\w+OID|ec\.Elliptic\w+|ec\.generate_private_key"
    r"|ssl\.(SSLContext|SSLSocket|TLSVersion|cert_time_to_seconds)|Cipher|InvalidSignature|InvalidTag|UnsupportedAlgorithm|[\w.]+PublicNumbers|RSA(Public|Private)Key|rsa"
)
SIGNED_BY: Final = re.compile(r"(ES|PS|RS|HS)(256|384|512)|EdDSA|Ed25519")


def uses_of(code: str) -> set[str]:
    """Name the algorithms that a file calls: classes of libraries, members of their modules, names of JOSE."""
    tree = ast.parse(code)
    found, members = _imported(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if SIGNED_BY.fullmatch(text):
                found.add(text)
            case ast.Call(func=ast.Attribute(value=ast.Name("hmac"), attr="digest" | "new"), args=[*_, digest]):
                found.add(f"hmac {ast.unparse(digest)}".replace("'", ""))
            case ast.Attribute(value=ast.Name("hashlib"), attr=member) if "hashlib" in members:
                found.add(member)
            case ast.Attribute(value=ast.Name(module), attr=member) if module in members - {"hmac", "hashlib"}:
                found.add(f"{module}.{member}")
            case _:
                pass
    return {name for name in found if not NO_ALGORITHMS.fullmatch(name)}


def _imported(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Give the algorithms that are imported by name, and the modules whose members are."""
    found: set[str] = set()
    members: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                members |= {name.name for name in names if name.name in LIBRARIES}
            case ast.ImportFrom(module=str(module), names=names) if module.split(".")[0] in LIBRARIES:
                for name in names:
                    (members if _holds_algorithms(module, name.name) else found).add(name.name)
            case _:
                pass
    return found, members


def _holds_algorithms(module: str, name: str) -> bool:
    """Say whether what is imported is a module of algorithms, or an enumeration of them."""
    return name == "COSEAlgorithmIdentifier" or (
        module.startswith("cryptography.") and name.islower() and "_" not in name
    )


def called() -> dict[str, set[str]]:
    """Give the files in which each algorithm is called."""
    places: defaultdict[str, set[str]] = defaultdict(set)
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for name in uses_of(file.read_text("utf-8")):
                places[name].add(str(file.relative_to(ROOT)))
    return dict(places)


def written(page: str) -> Iterator[tuple[str, set[str]]]:
    """Read the names and the files of the page's table."""
    table = page.partition("| in the code |")[2].partition("\n\n")[0]
    for line in table.splitlines()[2:]:
        names, _what, places = (cell.strip() for cell in line.strip("|").split("|"))
        files = {EVERYWHERE} if places == EVERYWHERE else set(re.findall(r"`([^`]+)`", places))
        for name in re.findall(r"`([^`]+)`", names):
            yield name, files


def faults_of(page: str, *, called: dict[str, set[str]]) -> list[str]:
    """Name what the page leaves out, and what it says of code that is not there."""
    told: defaultdict[str, set[str]] = defaultdict(set)
    for name, files in written(page):
        told[name] |= files
    faults = [f"{name} is not in the inventory" for name in called.keys() - told.keys()]
    faults += [f"nothing calls {name}" for name in told.keys() - called.keys()]
    for name in told.keys() & called.keys():
        if told[name] != {EVERYWHERE}:
            faults += [f"{name}: {file}" for file in told[name] ^ called[name]]
    return sorted(faults)


def test_the_inventory_of_cryptography_is_that_of_the_code() -> None:
    found = called()

    assert {"AESGCM", "algorithms.SM4", "PasswordHasher", "Ed25519PrivateKey", "PS256", "hmac sha256"} <= found.keys()
    assert faults_of(PAGE.read_text("utf-8"), called=found) == []


def test_an_algorithm_that_nobody_wrote_down_is_noticed() -> None:
    page = PAGE.read_text("utf-8")
    for code, name in {
        "import hashlib\nhashlib.md5(b'')": "md5",
        "from hashlib import sha3_256": "sha3_256",
        "import hmac\nhmac.new(b'', b'', 'md5')": "hmac md5",
        "from cryptography.hazmat.primitives.ciphers import algorithms, modes\nmodes.ECB()": "modes.ECB",
        "from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305": "ChaCha20Poly1305",
        "from joserfc.jwk import OctKey": "OctKey",
        "sign(algorithms=['RS256'])": "RS256",
        "from webauthn.helpers.cose import COSEAlgorithmIdentifier\nCOSEAlgorithmIdentifier.ECDSA_SHA_512": (
            "COSEAlgorithmIdentifier.ECDSA_SHA_512"
        ),
    }.items():
        assert uses_of(code) == {name}
        assert f"{name} is not in the inventory" in faults_of(page, called=called() | {name: {"api/new.py"}})
    assert "AESGCM: api/new.py" in faults_of(page, called=called() | {"AESGCM": {*called()["AESGCM"], "api/new.py"}})
    assert "nothing calls AESGCM" in faults_of(page, called={})
