"""`make run` opens the house, says so, and takes everything down again; what goes wrong is one clear sentence."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import httpx2
import psutil
import pytest

from cli.ports import free_port_near
from tests.servers import ROOT

DOUBLES = Path(__file__).with_name("doubles")
# A start takes seconds on an idle machine; these bounds are for one that does ten other things.
PATIENCE_SECONDS = 150
pytestmark = pytest.mark.timeout(2 * PATIENCE_SECONDS + 60)


class Start:
    """One `yibao run` in a process of its own, with doubles for the parts that it starts."""

    def __init__(self, folder: Path, *arguments: str, port: int | None = None, **environment: str) -> None:
        self.port = port or free_port_near("127.0.0.1", 20_000 + os.getpid() % 20_000)
        self.data = folder / "data"
        self.output = folder / f"output.{time.monotonic_ns()}"
        kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}  # noqa: TID251
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli", "run", "--port", str(self.port), *arguments],
                cwd=DOUBLES,
                env={
                    **kept,
                    "PYTHONPATH": f"{DOUBLES}{os.pathsep}{ROOT}",
                    "YIBAO_DATA": str(self.data),
                    "COLUMNS": "400",
                    **environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def until_ready(self) -> "Start":
        return self.until(lambda: "Ready" in self.said)

    def until(self, true: Callable[[], bool]) -> "Start":
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not true():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)
        return self

    def ended(self) -> int:
        return self.process.wait(PATIENCE_SECONDS)

    def stopped_by(self, name: signal.Signals) -> int:
        self.process.send_signal(name)
        return self.ended()

    def told(self) -> dict[str, str]:
        return httpx2.get(f"http://127.0.0.1:{self.port}/told").json()

    def parts(self) -> list[psutil.Process]:
        """What runs on this data folder or under this start, other than the start itself."""
        found = []
        for process in psutil.process_iter(["cmdline", "environ"]):
            words = " ".join(process.info["cmdline"] or [])
            told = (process.info["environ"] or {}).get("YIBAO_DATA", "")
            if process.pid != self.process.pid and (str(self.data) in words or told == str(self.data)):
                found.append(process)
        return found


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Start]]:
    starts: list[Start] = []
    # Under nohup a hang-up is ignored, by us, by our children and by the house: it must be heard here.
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)

    def begun(*arguments: str, **environment: str) -> Start:
        starts.append(Start(tmp_path, *arguments, **environment))
        return starts[-1]

    yield begun
    signal.signal(signal.SIGHUP, before)
    for start in starts:
        start.process.kill()
        start.process.wait()
        for left in start.parts():
            left.kill()


async def city_in(database_url: str) -> list[tuple[int, int]]:
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch("SELECT people, seed FROM double_city WHERE whole")
    await connection.close()
    return [tuple(row) for row in rows]


async def test_the_house_opens_tells_everything_and_ctrl_c_stops_it_all(begin) -> None:
    start = begin("--city", "300").until_ready()
    told = start.told()
    city = await city_in(told["database_url"])
    parts = start.parts()

    code = start.stopped_by(signal.SIGINT)

    assert code == 0, start.said
    assert len(parts) >= 5
    assert start.parts() == []
    assert city == [(300, 1)]
    assert (told["keys"], told["demo"]) == (True, True)
    assert told["reward_desk"] == "None", "Only the desk is told where its keys are."
    assert json.loads(told["bank"])["accounts"].keys() == {"390"}, "Only the desk reaches the account of the budget."
    assert (start.data / "reward-desk" / "keys").stat().st_mode & 0o077 == 0
    assert json.loads(told["merchant"])["base_url"].startswith("http://127.0.0.1:")
    for word in (f"http://127.0.0.1:{start.port}/graphql", "parent", "open", "1.", "2.", "3.", "数据保留"):
        assert word in start.said


async def test_a_second_start_keeps_the_data(begin) -> None:
    first = begin("--city", "300").until_ready()
    keys = (first.data / "keys.json").read_bytes()
    assert first.stopped_by(signal.SIGTERM) == 0

    second = begin().until_ready()
    city = await city_in(second.told()["database_url"])

    assert city == [(300, 1)]
    assert (second.data / "keys.json").read_bytes() == keys
    assert second.stopped_by(signal.SIGHUP) == 0


async def test_another_city_on_kept_data_is_refused_with_the_way_to_it(begin) -> None:
    first = begin("--city", "300").until_ready()
    first.stopped_by(signal.SIGTERM)

    second = begin("--city", "5000")

    assert second.ended() == 1
    assert "make run CITY=5000 YIBAO_DATA=.data-5000" in second.said
    assert second.parts() == []


def test_a_busy_port_is_refused_before_anything_starts(begin, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        start = begin(port=busy.getsockname()[1])
        code = start.ended()

    assert code == 1
    assert f"端口 {start.port} 已被另一个程序占用" in start.said
    assert f"Port {start.port} is in use by another program" in start.said
    assert "Traceback" not in start.said
    assert not (start.data / "postgres").exists()


def test_a_second_house_on_the_same_data_is_refused_and_the_first_goes_on(begin) -> None:
    first = begin("--city", "300").until_ready()

    second = begin()

    assert second.ended() == 1
    assert f"(pid {first.process.pid})" in second.said
    assert first.told()["keys"]


def test_a_part_that_does_not_start_is_named_with_its_last_lines(begin) -> None:
    start = begin("--city", "300", DOUBLE_WORKER="dies")

    assert start.ended() == 1
    assert "worker ended with code 3" in start.said
    assert "the last words of the worker" in start.said
    assert "Traceback" not in start.said
    assert start.parts() == []


def test_a_part_that_ends_later_takes_the_house_down_and_is_named(begin) -> None:
    start = begin("--city", "300").until_ready()
    (worker,) = [part for part in start.parts() if "workers.main" in part.cmdline()]

    worker.kill()

    assert start.ended() == 1
    assert "worker ended with code -9" in start.said
    assert start.parts() == []


def test_a_database_that_is_killed_is_named(begin) -> None:
    start = begin("--city", "300").until_ready()
    pid = int((start.data / "postgres" / "postmaster.pid").read_text(encoding="utf-8").split()[0])

    os.kill(pid, signal.SIGKILL)

    assert start.ended() == 1
    assert "PostgreSQL ended with code -9" in start.said


@pytest.mark.parametrize("asked", [(), ("--city", "300")], ids=["nothing", "the same"])
async def test_a_city_left_half_made_is_finished_when_nothing_else_is_asked(begin, asked: tuple[str, ...]) -> None:
    half = begin("--city", "300", DOUBLE_CITY="stuck")
    half.until(lambda: "half a city" in half.said)
    half.process.kill()
    half.process.wait()

    again = begin(*asked).until_ready()
    city = await city_in(again.told()["database_url"])

    assert city == [(300, 1)]


def test_another_city_than_the_half_made_one_is_refused_with_what_to_do(begin) -> None:
    half = begin("--city", "300", DOUBLE_CITY="stuck")
    half.until(lambda: "half a city" in half.said)
    half.stopped_by(signal.SIGTERM)

    other = begin("--city", "5000")

    assert other.ended() == 1
    assert "Another city. Finish it." in other.said


def test_ctrl_c_while_the_city_is_made_stops_at_once(begin) -> None:
    start = begin("--city", "300", DOUBLE_CITY="stuck")
    start.until(lambda: "half a city" in start.said)

    assert start.stopped_by(signal.SIGINT) == 0
    assert start.parts() == []


def test_a_killed_house_leaves_nothing_running_and_starts_again(begin) -> None:
    killed = begin("--city", "300").until_ready()
    killed.process.kill()
    killed.process.wait()

    again = begin().until_ready()

    assert again.told()["keys"]


def test_stop_and_clean_from_another_window(begin) -> None:
    start = begin("--city", "300").until_ready()
    environment = {**os.environ, "YIBAO_DATA": str(start.data)}  # noqa: TID251

    def yibao(command: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "cli", command]
        return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    too_early = yibao("clean")
    stopped = yibao("stop")
    again = yibao("stop")
    cleaned = yibao("clean")

    assert too_early.returncode == 1
    assert "in use by another process" in too_early.stderr
    assert "Stopped." in stopped.stdout
    assert start.ended() == 0
    assert "Nothing is running." in again.stdout
    assert cleaned.returncode == 0
    assert not start.data.exists()
