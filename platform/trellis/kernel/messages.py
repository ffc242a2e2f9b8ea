"""Sentences for people that can be translated after they were made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Message:
    """An English sentence with named places, and what goes into them; a value that is itself a message is translated too."""

    template: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.translated(lambda text: text)

    def translated(self, translate: Translate) -> str:
        """The sentence in the language of `translate` (message id -> text)."""
        params = {
            key: value.translated(translate) if isinstance(value, Message) else value
            for key, value in self.params.items()
        }
        return translate(self.template).format(**params)
