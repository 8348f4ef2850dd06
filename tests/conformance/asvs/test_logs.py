"""What the log tells: one line for each event whatever stands in it, in UTC, and who was not let in."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import structlog
from graphql import GraphQLError

from api.errors import forbidden, note_refusal, seen_by_caller
from domain.errors import Text
from domain.logs import configure_logs

FORGED = 'x\n{"event": "LoggedIn", "level": "info"}\r\n\x1b[2J\u2028"}'
NUMBER = "330902198806151233"
ROOT = Path(__file__).parents[3]


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.split("\n") if line]


def test_whatever_is_logged_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    try:
        int(FORGED)
    except ValueError:
        structlog.stdlib.get_logger("test").exception(FORGED, value=FORGED, deep={"list": [FORGED]})

    (line,) = lines(capsys)
    assert line["event"] == line["value"] == FORGED
    assert "ValueError" in str(line["exception"])


def test_what_packages_log_goes_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    configure_logs()  # twice, as two applications in one process do, is one line all the same
    try:
        int(f"x{NUMBER}")
    except ValueError:
        logging.getLogger("asyncio").exception("Exception for %s in %s", NUMBER, FORGED)
    logging.getLogger("chatty").info("Nobody needs to know.")

    (line,) = lines(capsys)
    assert (line["level"], line["timestamp"] is None) == ("error", False)
    assert FORGED in str(line["event"])
    assert "ValueError" in str(line["exception"])
    assert NUMBER not in str(line)


def test_both_processes_begin_by_it() -> None:
    for name in ("api/app.py", "workers/main.py"):
        assert "    configure_logs(collector=syslog.open_collector(settings.log_collector))\n" in (
            ROOT / name
        ).read_text("utf-8"), name


def test_a_line_says_when_in_utc_and_about_which_request(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    with structlog.contextvars.bound_contextvars(request_id="a-request", actor="somebody"):
        structlog.stdlib.get_logger("test").info("happened")

    (line,) = lines(capsys)
    assert datetime.fromisoformat(str(line["timestamp"])).utcoffset() == timedelta(0)
    assert (line["request_id"], line["actor"], line["level"]) == ("a-request", "somebody", "info")


def test_who_is_not_let_in_is_logged_with_what_they_lacked(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    refusal = forbidden(Text("无权。", "No."), scope="ledger:read")
    met = GraphQLError("No.", original_error=refusal, path=["ledger"], extensions=refusal.extensions)

    assert seen_by_caller(met, operation="Ledger") is met

    (line,) = lines(capsys)
    assert (line["event"], line["code"], line["scope"]) == ("not_let_in", "FORBIDDEN", "ledger:read")
    assert (line["operation"], line["path"]) == ("Ledger", ["ledger"])


def test_other_refusals_are_logged_by_their_code_and_limit_alone(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    note_refusal(GraphQLError(NUMBER, extensions={"code": "BAD_REQUEST", "limit": "body", "told": "me"}))

    (line,) = lines(capsys)
    assert (line["event"], line["code"], line["limit"]) == ("request_refused", "BAD_REQUEST", "body")
    assert "told" not in line
