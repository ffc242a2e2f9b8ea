"""`trellis user create|invite|password|reset-link|roles|token|disable|enable`."""

import argparse
import asyncio
import os
import secrets
import sys

from trellis.app import running
from trellis.kernel.errors import NotFound, TrellisError
from trellis.kernel.settings import Settings
from trellis.services import accounts, lifecycle
from trellis.services.context import Context
from trellis.services.invitations import send_invitation
from trellis.services.resets import reset_link
from trellis.services.setup import make_ready


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--workspace", default="main")
    group = parser.add_subparsers(dest="action", required=True)
    create = group.add_parser("create", help="create a user who can sign in; prints the password")
    create.add_argument("email")
    create.add_argument("--name", default="")
    create.add_argument("--role", action="append", default=[])
    invite = group.add_parser("invite", help="send somebody a letter with a link to choose a password; prints the link")
    invite.add_argument("email")
    invite.add_argument("--name", default="")
    invite.add_argument("--role", action="append", default=[])
    password = group.add_parser("password", help="set a new random password and print it")
    password.add_argument("email")
    password.add_argument("--once", action="store_true", help="the password serves only to choose another one")
    link = group.add_parser("reset-link", help="print a link to choose a new password; it works once, for an hour")
    link.add_argument("email")
    disable = group.add_parser("disable", help="close an account: sessions end, tokens are revoked")
    disable.add_argument("email")
    enable = group.add_parser("enable", help="open an account again")
    enable.add_argument("email")
    roles = group.add_parser("roles", help="replace the roles of a user; without any, print them")
    roles.add_argument("email")
    roles.add_argument("role", nargs="*")
    token = group.add_parser("token", help="make an API token; prints it as the last word")
    token.add_argument("email")
    token.add_argument("--name", default="command line")


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    async with running(Settings.read(os.environ)) as server:
        await make_ready(server.settings, server.database, server.workspaces, args.workspace)
        context = await (await server.workspaces.named(args.workspace)).context()
        try:
            await _ACTIONS[args.action](context, args)
        except TrellisError as error:
            print(f"trellis: {error}", file=sys.stderr)
            return 1
    return 0


async def _create(context: Context, args: argparse.Namespace) -> None:
    password = secrets.token_urlsafe(12)
    await accounts.create_user(
        context, email=args.email, name=args.name or args.email.partition("@")[0], password=password, roles=args.role
    )
    print(f"{args.email} can sign in with the password {password}")


async def _invite(context: Context, args: argparse.Namespace) -> None:
    try:
        user = await accounts.user_id(context, args.email)
    except NotFound:
        name = args.name or args.email.partition("@")[0]
        user = await accounts.create_user(context, email=args.email, name=name, roles=args.role)
    link = await send_invitation(context, user)
    print(f"A letter goes to {args.email}. The link in it, which works once, within 7 days: {link}")


async def _reset_link(context: Context, args: argparse.Namespace) -> None:
    print(await reset_link(context, await accounts.user_id(context, args.email)))


async def _disable(context: Context, args: argparse.Namespace) -> None:
    await lifecycle.disable(context, await accounts.user_id(context, args.email))
    print(f"The account of {args.email} is disabled; its sessions ended and its tokens were revoked.")


async def _enable(context: Context, args: argparse.Namespace) -> None:
    await lifecycle.enable(context, await accounts.user_id(context, args.email))
    print(f"The account of {args.email} is open again.")


async def _password(context: Context, args: argparse.Namespace) -> None:
    password = secrets.token_urlsafe(12)
    user = await accounts.user_id(context, args.email)
    await accounts.set_password(context, user, password, must_change=args.once)
    print(f"{args.email} can sign in with the password {password}")


async def _token(context: Context, args: argparse.Namespace) -> None:
    secret = await accounts.create_token(context, await accounts.user_id(context, args.email), args.name)
    print(f"Token of {args.email}, shown only once: {secret}")


async def _roles(context: Context, args: argparse.Namespace) -> None:
    user = await accounts.user_id(context, args.email)
    if args.role:
        await accounts.assign_roles(context, user, args.role)
    print("\n".join(sorted(await accounts.roles_of(context, user))))


_ACTIONS = {
    "create": _create, "invite": _invite, "password": _password, "reset-link": _reset_link, "roles": _roles,
    "token": _token, "disable": _disable, "enable": _enable,
}  # fmt: skip
