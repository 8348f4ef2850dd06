"""The container files name what exists: files, commands, settings, and the lock that everything else uses.

No container engine is needed to see this; whether the image builds is seen where there is one.
"""

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from cli.main import app
from domain.settings import Settings
from tests.servers import ROOT

COMMANDS = set(get_command(app).commands)
SETTINGS = {str(field.validation_alias or f"YIBAO_{name.upper()}") for name, field in Settings.model_fields.items()}


def instructions() -> list[tuple[str, str]]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def of(name: str) -> list[str]:
    return [value for instruction, value in instructions() if instruction == name]


def image(target: str) -> list[tuple[str, str]]:
    """Give the instructions of an image and of the stages that it begins with, in their order."""
    stages: dict[str, list[tuple[str, str]]] = {}
    name = ""
    for instruction, value in instructions():
        if instruction == "FROM":
            beginning, _, name = value.partition(" AS ")
            stages[name] = list(stages.get(beginning, []))
        else:
            stages[name].append((instruction, value))
    return stages[target]


def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))


def ours() -> dict[str, dict[str, Any]]:
    return {name: service for name, service in compose()["services"].items() if service["image"] == "yibao"}


def copied(target: str = "demo") -> list[str]:
    copies = [value for name, value in image(target) if name == "COPY" and "--from" not in value]
    return [word for value in copies for word in shlex.split(value)[:-1]]


def test_everything_that_is_copied_exists_and_is_sent_to_the_builder() -> None:
    sent = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    for name in copied():
        assert (ROOT / name).exists(), name
        assert f"!{name}" in sent, name


def test_every_package_of_the_house_is_in_the_image() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    packages = re.search(r"\[tool\.hatch\.build\.targets\.wheel\]\npackages = (\[.*?\])", pyproject, re.DOTALL)

    assert set(yaml.safe_load(packages[1])) <= set(copied())


def test_the_image_installs_the_lock_that_make_run_installs() -> None:
    install = next(value for value in of("RUN") if " install " in value and "pip" in value)

    assert "--require-hashes" in install
    assert "-r requirements.lock" in install
    assert 'Path("requirements-dev.lock" if "--dev" in arguments else "requirements.lock")' in (
        ROOT / "cli" / "install.py"
    ).read_text(encoding="utf-8")


@pytest.mark.parametrize("target", ["agency", "demo"])
def test_an_image_runs_as_nobody_important_and_can_install_nothing(target: str) -> None:
    steps = image(target)

    assert ("USER", "yibao") in steps
    assert not any(name == "RUN" for name, _ in steps[steps.index(("USER", "yibao")) :])
    assert any("pip uninstall" in value and value.rstrip().split("&&")[0].strip().endswith("pip") for _, value in steps)


def test_what_serves_people_holds_no_stand_ins_no_synthetic_people_and_no_tests() -> None:
    left_out = {"city", "sandbox", "tests", "benchmarks", "docs"}

    assert not set(copied("agency")) & left_out
    assert {"city", "sandbox"} <= set(copied("demo")), "Or this proves nothing."
    # Whoever names no target gets the one that serves people, and so does the compose file.
    assert of("FROM")[-1].endswith(" AS agency")
    assert {service["build"]["target"] for service in ours().values()} == {"agency"}


def test_the_agency_runs_without_what_its_image_leaves_out(tmp_path: Path) -> None:
    for name in copied("agency"):
        (tmp_path / name).symlink_to(ROOT / name)
    modules = "api.app, workers.main, cli.main, cli.steps, cli.reference, cli.serve, cli.certificates, cli.simulate"
    alone = [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import {modules}"]

    def run(code: list[str]) -> str:
        return subprocess.run(code, cwd=tmp_path, capture_output=True, text=True, check=False).stderr

    assert run(alone) == ""
    assert "No module named 'city'" in run([*alone[:-1], f"{alone[-1]}; import city"]), "Or this proves nothing."


def test_the_entry_and_every_command_exist() -> None:
    (entry,) = of("ENTRYPOINT")
    commands = {yaml.safe_load(command)[0] for command in of("CMD")}
    used = commands | {service["command"][0] for service in ours().values()}

    assert yaml.safe_load(entry) == ["python", "-m", "cli"]
    assert importlib.util.find_spec("cli.__main__")
    assert {"serve", "work", "prepare", "run"} <= used <= COMMANDS
    assert image("agency")[-1] == ("CMD", '["serve"]')


def test_options_of_commands_exist() -> None:
    for service in ours().values():
        name, *words = service["command"]
        if name == "certificates":  # its options are its own, and `test_encrypted_compose` calls it with them
            continue
        known = {option for parameter in get_command(app).commands[name].params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known


def test_every_name_in_the_environment_is_a_setting() -> None:
    in_compose = {name for service in ours().values() for name in service.get("environment", {})}
    in_image = {word.split("=")[0] for value in of("ENV") for word in shlex.split(value)}

    assert in_compose <= SETTINGS
    assert {name for name in in_image if name.startswith("YIBAO")} <= SETTINGS


def test_the_four_parts_and_what_prepares_them_are_there() -> None:
    services = compose()["services"]

    assert set(services) == {"certificates", "prepare", "api", "worker", "postgres", "valkey"}
    for name in ("api", "worker"):
        assert services[name]["depends_on"]["prepare"] == {"condition": "service_completed_successfully"}
    volumes = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])}
    assert volumes == set(compose()["volumes"])


def test_no_password_stands_in_a_file() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")

    assert set(re.findall(r"PASSWORD=(\S+)", text)) == {'"$$(od'}  # made where it is used, known to nobody
    assert not re.findall(r"\w+://\w*:[^/@]*@", text)


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_the_addresses_of_health_are_those_of_the_api(address: str) -> None:
    from api import health

    assert address in {route.path for route in health.routes()}
    assert "/readyz" in Path(ROOT / "compose.yaml").read_text(encoding="utf-8")
