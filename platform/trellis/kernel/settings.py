"""Everything that can be set from outside, in one table: environment variable, default, meaning."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path


def _setting(name: str, default: str, meaning: str) -> str:
    return field(default=default, metadata={"name": name, "meaning": meaning})


def _secret(name: str, meaning: str) -> str:
    """A setting that no log and no error may show."""
    return field(default="", repr=False, metadata={"name": name, "meaning": meaning})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a process, as text; `Settings.read` takes them from the environment."""

    port: str = _setting("PORT", "8000", "The port the server listens on")
    host: str = _setting("TRELLIS_HOST", "127.0.0.1", "The address the server listens on")
    data: str = _setting("TRELLIS_DATA", "var", "The folder of the SQLite files and uploads; made when missing")
    database_url: str = _secret("TRELLIS_DATABASE_URL", "A `postgresql://` address: PostgreSQL instead of SQLite files")
    database_pool: str = _setting("TRELLIS_DATABASE_POOL", "16", "The most connections to PostgreSQL per process")
    pgbouncer: str = _setting(
        "TRELLIS_PGBOUNCER", "", "`1` keeps no prepared statements, for a pooler in transaction mode"
    )
    packs: str = _setting("TRELLIS_PACKS", "", "The folder of packs; those that come with Trellis when empty")
    admin_password: str = _secret(
        "TRELLIS_ADMIN_PASSWORD",
        "The password of `admin@example.com` on an empty workspace; random when empty, printed once",
    )
    demo: str = _setting("TRELLIS_DEMO", "", "`1` loads the demo data into an empty workspace")
    zone: str = _setting("TRELLIS_ZONE", "Asia/Shanghai", "The time zone in which the organisation counts its days")
    currency: str = _setting("TRELLIS_CURRENCY", "CNY", "The currency of amounts that say none (ISO 4217)")
    locale: str = _setting("TRELLIS_LOCALE", "en", "The language of people who have not chosen one: `en` or `zh-CN`")
    public_url: str = _setting(
        "TRELLIS_PUBLIC_URL",
        "",
        "The address at which people reach the server, such as `https://crm.example.com`, for the links in letters",
    )
    smtp_url: str = _secret(
        "TRELLIS_SMTP_URL",
        "The mail server: `smtp://user:password@host:587` (STARTTLS) or `smtps://user:password@host:465`; "
        "without it letters are written to `mail` in the data folder",
    )
    mail_from: str = _setting("TRELLIS_MAIL_FROM", "Trellis <trellis@localhost>", "The sender of letters")
    password_length: str = _setting(
        "TRELLIS_PASSWORD_LENGTH", "12", "The fewest characters of a password; never below 8"
    )
    session_idle: str = _setting(
        "TRELLIS_SESSION_IDLE", "168", "After how many hours without use a browser is signed out"
    )
    session_longest: str = _setting(
        "TRELLIS_SESSION_LONGEST", "720", "After how many hours people sign in anew, used or not"
    )
    https: str = _setting(
        "TRELLIS_HTTPS", "", "`1` when people reach the server by https: cookies are sent by https only"
    )
    trusted_proxies: str = _setting(
        "TRELLIS_TRUSTED_PROXIES", "127.0.0.1", "Addresses of proxies whose `X-Forwarded-*` headers are believed"
    )
    secret_keys: str = _secret(
        "TRELLIS_SECRET_KEYS",
        "Keys that seal secrets in the database, separated by commas: the first one seals, all of them unseal; "
        "without any, keys are kept in `secret-keys` in the data folder",
    )
    outgoing_allow: str = _setting(
        "TRELLIS_OUTGOING_ALLOW",
        "",
        "What the server may call inside its own network, separated by commas: `host:port` (https), "
        "`http://host:port`, or a network such as `10.1.0.0/16`",
    )
    audit_days: str = _setting(
        "TRELLIS_AUDIT_DAYS", "", "For how many days the audit log keeps what is no data change; for ever when empty"
    )
    history_days: str = _setting(
        "TRELLIS_HISTORY_DAYS", "", "For how many days the history of records is kept; for ever when empty"
    )
    audit_verify: str = _setting(
        "TRELLIS_AUDIT_VERIFY",
        "19:10",
        "At what time of the day (UTC) the audit log is verified, such as `19:10`; `off` leaves that to others",
    )
    rate_person: str = _setting(
        "TRELLIS_RATE_PERSON", "6000", "How many requests a minute one person may make, per process; `0` for any number"
    )
    rate_network: str = _setting(
        "TRELLIS_RATE_NETWORK", "30000", "The same for one network address; put it higher behind a large office"
    )
    worker: str = _setting("TRELLIS_WORKER", "1", "`0` leaves background work to a separate `trellis worker`")

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """The settings of an environment; an empty variable counts as not set."""
        given = {spec.name: environment.get(spec.metadata["name"], "") for spec in fields(cls)}
        return cls(**{key: value for key, value in given.items() if value})

    @property
    def data_folder(self) -> Path:
        """The data folder as a path."""
        return Path(self.data)


def table() -> list[tuple[str, str, str]]:
    """Name, default and meaning of every setting, for the documentation."""
    return [(spec.metadata["name"], str(spec.default), spec.metadata["meaning"]) for spec in fields(Settings)]
