"""What people call the states of users."""

from collections.abc import Mapping

from trellis.kernel.messages import Message

STATES: Mapping[str, Message] = {
    "active": Message("Active"),
    "invited": Message("Invited"),
    "without": Message("Without access"),
    "disabled": Message("Disabled"),
    "service": Message("Service account"),
}
TONES: Mapping[str, str] = {"active": "ok", "invited": "info", "without": "", "disabled": "bad", "service": "info"}
LANGUAGES: Mapping[str, str] = {"en": "English", "zh_cn": "简体中文"}
"""The options of a user's language, by their keys."""
