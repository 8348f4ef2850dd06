"""What no file of the house does: run texts as code, believe pickles, call a shell, guessable numbers, weak digests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SERVING = ("api", "domain", "partners", "workers")
"""What serves people. The command line starts servers, and the synthetic city draws lots."""

MODULES = {"ctypes", "dill", "marshal", "pickle", "random", "shelve", "telnetlib", "xmlrpc", "lxml", "jinja2", "ldap3"}
CALLS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "os.system",
    "os.popen",
    "yaml.load",
    "yaml.unsafe_load",
    "yaml.full_load",
    "hashlib.md5",
    "hashlib.sha1",
    "md5",
    "sha1",
    "subprocess.run",
    "subprocess.Popen",
    "asyncio.create_subprocess_shell",
    "ET.fromstring",
    "ET.parse",
}
WORDS = re.compile(r"shell=True|verify=False|follow_redirects=True|debug=True|CERT_NONE|modes\.(ECB|CBC)|PKCS1v15")
# Each with its reason: a second one needs another.
EXCEPTIONS = {
    "partners/wechatpay/signing.py": {"PKCS1v15"},  # signatures, by which the platform's letters are signed
    "partners/wechatpay/client.py": {"hashlib.sha1"},  # over TLS, because the platform names its bills by nothing else
    "domain/cleaning/cage.py": {"subprocess.Popen"},  # our own module, with orders that name nobody's words
    "domain/ledger/chart.py": {"yaml.load"},  # with the loader that makes texts, lists and mappings only
}


def faults_of(source: str) -> Iterator[str]:
    yield from (match.group() for match in WORDS.finditer(source))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            yield str(node.module)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in CALLS:
            yield ast.unparse(node.func)


@pytest.mark.parametrize("package", SERVING)
def test_no_file_that_serves_people_does_what_is_dangerous(package: str) -> None:
    found = {
        f"{name}: {fault}"
        for file in sorted((ROOT / package).rglob("*.py"))
        for name in [str(file.relative_to(ROOT))]
        for fault in faults_of(file.read_text("utf-8"))
        if fault not in EXCEPTIONS.get(name, set())
    }

    assert found == set()


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from random import choice",
        "eval(text)",
        "os.system(text)",
        "yaml.load(text)",
        "subprocess.run(text, shell=True)",
        "Client(verify=False)",
        "hashlib.md5(text)",
        "modes.ECB()",
    ],
)
def test_each_of_them_would_be_noticed(line: str) -> None:
    assert list(faults_of(line))


def test_yaml_is_read_without_objects_where_it_is_read() -> None:
    found = []
    for package in SERVING:
        for file in sorted((ROOT / package).rglob("*.py")):
            found += re.findall(r"yaml\.\w*load\(.*?Loader=(yaml\.\w+)", file.read_text("utf-8"), re.DOTALL)

    assert set(found) <= {"yaml.BaseLoader", "yaml.SafeLoader"}


def test_secrets_are_drawn_from_the_operating_system_and_have_at_least_128_bits() -> None:
    sizes = {}
    for package in SERVING:
        for file in sorted((ROOT / package).rglob("*.py")):
            for drawn, size in re.findall(r"secrets\.(token_\w+)\(([\w.]*)\)", file.read_text("utf-8")):
                sizes[f"{file.relative_to(ROOT)}: {drawn}({size})"] = size

    assert sizes
    assert {where for where, size in sizes.items() if size.isdigit() and int(size) < 16} == set()
