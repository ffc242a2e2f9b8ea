"""Serve the application: `python -m bench.baseline DATABASE PORT`, a postgresql:// address or the path of a file."""

import os
import sys
from pathlib import Path

import uvicorn

from bench.baseline.app import Store, application
from bench.baseline.postgres_store import PostgresStore
from bench.baseline.sqlite_store import SqliteStore


def main(database: str, port: int) -> None:
    store: Store = PostgresStore(database) if database.startswith("postgresql:") else SqliteStore(Path(database))
    app = application(store, {os.environ["BENCH_TOKEN"]: "Ada Bench"})
    uvicorn.run(
        app, host="127.0.0.1", port=port, loop="uvloop", http="httptools", access_log=False, log_level="warning"
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
