import json

import pytest
import structlog

from trellis.commands.logs import start_logging


def fail(secret: str) -> None:
    raise ValueError(f"cannot read {secret}")


def test_an_error_is_one_line_that_says_where_but_not_what(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging()
    try:
        fail("hunter2")
    except ValueError as error:
        structlog.get_logger().error("request_failed", path="/records/x", exc_info=error)
    finally:
        structlog.reset_defaults()

    (line,) = capsys.readouterr().err.splitlines()
    event = json.loads(line)
    assert (event["event"], event["level"], event["error"], event["path"]) == (
        "request_failed", "error", "ValueError", "/records/x",
    )  # fmt: skip
    assert event["places"][-1].endswith(" fail")
    assert "hunter2" not in line


def test_tokens_and_passwords_do_not_get_into_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging()
    try:
        structlog.get_logger().info(
            "something", password="hunter2", api_token="hunter2", path="/link/hunter2", text="Bearer trl_hunter2",
            url="postgresql://u:hunter2@db/x", code="invalid",
        )  # fmt: skip
    finally:
        structlog.reset_defaults()

    (line,) = capsys.readouterr().err.splitlines()
    assert "hunter2" not in line
    event = json.loads(line)
    assert (event["code"], event["path"], event["url"]) == ("invalid", "/link/…", "postgresql://u:…@db/x")
