"""The letters that people get, each as sentences in the reader's language, in plain text and as a page."""

from collections.abc import Mapping
from dataclasses import dataclass

from trellis.kernel.messages import Message
from trellis.services.mail import Letter
from trellis.web.catalogues import translator
from trellis.web.render.environment import environment


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of a letter; its data fill their places, and `link` is where the button leads."""

    subject: Message
    before: tuple[Message, ...]
    button: Message | None = None
    after: tuple[Message, ...] = ()


WORDINGS: Mapping[str, Wording] = {
    "invitation": Wording(
        Message("{who} invites you to Trellis"),
        (Message("Hello {name},"), Message("{who} has made an account for you at {site}.")),
        Message("Choose a password"),
        (
            Message("The link works once, within 7 days."),
            Message("If you do not know what this is about, you can ignore this letter."),
        ),
    ),
    "reset": Wording(
        Message("A new password for Trellis"),
        (Message("Hello {name},"), Message("Somebody has asked for a new password for your account at {site}.")),
        Message("Choose a new password"),
        (
            Message("The link works once, within one hour."),
            Message("If it was not you, you can ignore this letter: nothing has changed."),
        ),
    ),
    "password_changed": Wording(
        Message("Your password for Trellis was changed"),
        (
            Message("Hello {name},"),
            Message("The password of your account at {site} was changed. All browsers were signed out."),
        ),
        after=(Message("If it was not you, ask for a new password at once and tell an administrator."),),
    ),
    "identity_unlinked": Wording(
        Message("{provider} was unlinked from your account for Trellis"),
        (
            Message("Hello {name},"),
            Message("Your account at {site} is not linked with {provider} any more. Other browsers were signed out."),
        ),
        after=(Message("If this surprises you, tell an administrator at once."),),
    ),
    "audit_broken": Wording(
        Message("The audit log of Trellis does not verify any more"),
        (
            Message("Hello {name},"),
            Message(
                "The audit log at {site} was verified, and something was changed behind Trellis' back: {count} "
                "findings, the first in block {block}."
            ),
            Message("Nothing was repaired or removed."),
        ),
        Message("Open the audit log"),
        (Message("This letter comes once, until the whole log verifies again."),),
    ),
}
"""All letters by name; a new one adds itself here."""


def written(name: str, locale: str, data: Mapping[str, object]) -> Letter:
    """A letter in a language."""
    translate = translator(locale)

    def said(message: Message) -> str:
        return Message(message.template, {**message.params, **data}).translated(translate)

    wording = WORDINGS[name]
    subject = " ".join(said(wording.subject).split())
    before, after = [said(text) for text in wording.before], [said(text) for text in wording.after]
    link = str(data.get("link", "")) if wording.button else ""
    button = said(wording.button) if wording.button else ""
    text = "\n\n".join([*before, *([f"{button}:\n{link}"] if link else []), *after]) + "\n"
    template = environment().get_template("letters/letter.html")
    html = template.render(locale=locale, subject=subject, before=before, button=button, link=link, after=after)
    return Letter(subject, text, html)
