"""One module per subcommand: `add(parser)` declares its arguments, `run(args)` does it and returns the exit code."""

COMMANDS = {
    "serve": "start the server",
    "worker": "do background work only",
    "check": "find the defects of packs",
    "schema": "write the JSON Schemas of the documents",
    "import": "read records from a CSV file or a workbook",
    "propose": "propose an entity for a CSV file or a workbook",
    "export": "write records to a CSV file or a workbook",
    "workspace": "create and list workspaces",
    "user": "create users, passwords and API tokens",
    "secrets": "check and change the keys that seal secrets in the database",
    "diff": "say in words what differs from what is in force",
    "plan": "show what publishing would do",
    "publish": "put a folder of layers, or the draft, in force",
    "rollback": "take up an older release again",
    "pack": "list, install, upgrade, switch off and remove packs",
    "purge": "list what was retired, and delete it for good",
    "verify": "compare stored formulas and roll-ups with what they should be",
    "audit": "verify the log of who did what, seal it, remove what is old",
    "demo": "load the demo data",
    "docs": "write the generated pages of the documentation",
}
