"""`trellis serve`: the web server, made ready on an empty folder."""

import argparse
import asyncio
import gc
import os
import sys

from trellis.app import running
from trellis.commands.cautions import cautions
from trellis.commands.logs import start_logging
from trellis.kernel.errors import InvalidMetadata, TrellisError
from trellis.kernel.settings import Settings
from trellis.services.apiclients import keeping
from trellis.services.setup import DEMO_NOTE, Ready, load_demo, make_ready


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--port", help="the port to listen on (setting PORT)")


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    settings = Settings.read({**os.environ, **({"PORT": args.port} if args.port else {})})
    start_logging()
    try:
        import uvloop

        return uvloop.run(_serve(settings))
    except ImportError:
        return asyncio.run(_serve(settings))
    except KeyboardInterrupt:
        return 0


async def _serve(settings: Settings) -> int:
    import uvicorn

    from trellis.web.application import build

    async with running(settings) as server:
        try:
            for workspace in dict.fromkeys(["main", *(item.name for item in server.database.workspaces)]):
                _announce(await make_ready(settings, server.database, server.workspaces, workspace))
            if settings.demo == "1":
                count = await load_demo(await server.workspaces.named("main"))
                print(DEMO_NOTE.format(count=count) if count else "", end="", flush=True)
        except InvalidMetadata as error:
            for finding in error.findings:
                print(f"{finding.file}: {finding.pointer}: {finding.code}: {finding.message}", file=sys.stderr)
            return 1
        except TrellisError as error:
            print(f"trellis: {error}", file=sys.stderr)
            return 1
        application = build(server.workspaces, settings)
        gc.collect()
        gc.freeze()  # the release and its definitions stay: the collector need not look at them again and again
        config = uvicorn.Config(
            application, host=settings.host, port=int(settings.port), log_level="warning", access_log=False,
            proxy_headers=True, forwarded_allow_ips=settings.trusted_proxies, server_header=False,
        )  # fmt: skip
        for text in cautions(settings):
            print(f"Caution: {text}", file=sys.stderr, flush=True)
        print(f"Trellis listens on http://{settings.host}:{settings.port}", flush=True)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(keeping.run(server.workspaces))]
            if settings.worker != "0":
                tasks.append(group.create_task(_background(settings, server)))
            await uvicorn.Server(config).serve()
            for task in tasks:
                task.cancel()
    return 0


async def _background(settings: Settings, server: object) -> None:
    from trellis.commands.worker import work

    await work(settings, server)  # type: ignore[arg-type]


def _announce(ready: Ready) -> None:
    if ready.password:
        print(f"Sign in as {ready.email} with the password {ready.password}", flush=True)
