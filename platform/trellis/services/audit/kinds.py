"""What the log can say: a sentence for every kind, and the groups among which people choose."""

from trellis.kernel.messages import Message
from trellis.storage.audit_blocks import HISTORY

ACTIONS = {
    "create": "record.created",
    "update": "record.changed",
    "delete": "record.deleted",
    "restore": "record.restored",
    "purge": "record.purged",
}
"""What history calls it, and what the log calls it."""

GROUPS: dict[str, Message] = {
    "record": Message("Data changes"),
    "sign_in": Message("Sign-ins"),
    "session": Message("Sessions"),
    "account": Message("Accounts"),
    "password": Message("Passwords"),
    "second_factor": Message("Second factors"),
    "token": Message("Tokens"),
    "roles": Message("Roles of users"),
    "identity": Message("Sign-in with other accounts"),
    "provider": Message("Sign-in providers"),
    "impersonation": Message("Acting in somebody's place"),
    "share": Message("Shares"),
    "handover": Message("Hand-overs"),
    "export": Message("Exports"),
    "import": Message("Imports"),
    "bulk": Message("Bulk changes"),
    "field": Message("Masked values shown"),
    "release": Message("Releases"),
    "permissions": Message("Permissions"),
    "retired": Message("Deleted for good"),
    "audit": Message("The log itself"),
}
"""The first word of kinds, as somebody chooses among them."""

CHOICES: dict[str, Message] = {
    **GROUPS,
    "record.deleted": Message("Deleted records"),
    "sign_in.failed": Message("Failed sign-ins"),
}
"""What one can search for: groups, and kinds that are asked for often."""

SENTENCES: dict[str, Message] = {
    "record.created": Message("{who} created {what}"),
    "record.changed": Message("{who} changed {what}"),
    "record.deleted": Message("{who} moved {what} to the bin"),
    "record.restored": Message("{who} took {what} back from the bin"),
    "record.purged": Message("{who} deleted retired values of {entities} for good"),
    "sign_in.succeeded": Message("{who} signed in"),
    "sign_in.failed": Message("A sign-in as {subject} failed"),
    "sign_in.locked": Message("Signing in as {subject} was locked after too many attempts"),
    "session.ended": Message("{who} ended sessions of {subject}"),
    "account.created": Message("{who} created the account of {subject}"),
    "account.invited": Message("{who} invited {subject}"),
    "account.accepted": Message("{subject} accepted the invitation"),
    "account.invitation_withdrawn": Message("{who} took the invitation of {subject} back"),
    "account.disabled": Message("{who} disabled the account of {subject}"),
    "account.enabled": Message("{who} enabled the account of {subject} again"),
    "password.changed": Message("The password of {subject} was changed by {who}"),
    "password.reset_asked": Message("A new password was asked for, for {subject}"),
    "second_factor.turned_on": Message("{who} turned a second factor on"),
    "second_factor.turned_off": Message("{who} turned the second factor of {subject} off"),
    "second_factor.codes_renewed": Message("{who} made new recovery codes"),
    "second_factor.code_used": Message("{who} signed in with a recovery code"),
    "second_factor.reset": Message("{who} reset the second factor of {subject}"),
    "second_factor.locked": Message("The second factor of {subject} was locked after too many attempts"),
    "token.created": Message("{who} created the API token “{name}” for {subject}"),
    "token.revoked": Message("{who} revoked an API token of {subject}"),
    "roles.changed": Message("{who} changed the roles of {subject}: {changed}"),
    "identity.linked": Message("{subject} can sign in with {provider} now"),
    "identity.unlinked": Message("{who} unlinked {provider} from the account of {subject}"),
    "provider.changed": Message("{who} changed the sign-in provider {provider}"),
    "impersonation.started": Message("{who} began to act in the place of {subject}"),
    "impersonation.ended": Message("{who} stopped acting in the place of {subject}"),
    "share.granted": Message("{who} shared {what} with {whom}"),
    "share.revoked": Message("{who} stopped sharing {what} with {whom}"),
    "handover.done": Message("{who} handed {count} records over"),
    "handover.undone": Message("{who} took a hand-over back"),
    "export.made": Message("{who} exported {count} {entities}"),
    "import.started": Message("{who} began to import {entities}"),
    "import.finished": Message("An import of {entities} ended: {count} rows"),
    "bulk.changed": Message("{who} changed {count} {entities} at once"),
    "bulk.deleted": Message("{who} deleted {count} {entities} at once"),
    "bulk.shared": Message("{who} shared {count} {entities} at once"),
    "bulk.undone": Message("{who} took back what was done to {count} {entities} at once"),
    "field.revealed": Message("{who} saw the masked {field} of {what}"),
    "release.published": Message("{who} published release {number}"),
    "release.rolled_back": Message("{who} rolled back to an older release, as release {number}"),
    "permissions.changed": Message("{who} changed permissions with release {number}: {documents}"),
    "retired.purged": Message("{who} deleted “{name}” of {entities} for good"),
    "audit.exported": Message("{who} exported lines of the audit log"),
    "audit.purged": Message("{count} old lines of the log were removed after their time"),
    "audit.broken": Message("The log does not verify any more: {count} findings"),
    "audit.state_replaced": Message("The note how far the log is sealed had been tampered with"),
    "audit.head_accepted": Message("The chain was accepted as it is, after a backup was put back"),
}
OF_ONESELF: dict[str, Message] = {
    "session.ended": Message("{who} signed out"),
    "password.changed": Message("{who} changed the own password"),
    "second_factor.turned_off": Message("{who} turned the own second factor off"),
    "identity.unlinked": Message("{who} unlinked {provider} from the own account"),
}
"""What is said instead when people do it to themselves."""
OTHER = Message("{who}: {kind}")
"""What is said of a kind that nobody has described."""


def kinds_of(kind: str, source: str) -> tuple[str, ...] | None:
    """The kinds of one table that belong to a kind or group; nothing for all of them, None where there are none."""
    if not kind:
        return ()
    if source == HISTORY:
        if kind == "record":
            return ()
        actions = tuple(action for action, known in ACTIONS.items() if known == kind)
        return actions or None
    if kind.partition(".")[0] == "record":
        return None
    return tuple(known for known in SENTENCES if known.startswith(f"{kind}.")) or (kind,)
