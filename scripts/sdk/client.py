"""What the suite asks of every SDK, whoever made it."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from fakes import Deployment

PROMPT = [{"role": "user", "content": "say five words please [[answer:5]]"}]


class Check(NamedTuple):
    """One statement about what works."""

    what: str
    holds: bool


class Detail(NamedTuple):
    """What an exception tells its catcher."""

    status: int | None
    code: str | None
    request_id: str | None


class Client(Protocol):
    """One SDK, or one way to use it."""

    name: str
    provider: str
    version: str

    def plain(self, at: Deployment, **options: object) -> str:
        """One plain request: what the caller then holds, in words."""

    def stream(self, at: Deployment, **options: object) -> str:
        """One stream, read to its end: what the caller then holds, in words."""

    def detail(self, error: Exception) -> Detail:
        """What one of its exceptions tells."""

    def happy(self, at: Deployment) -> Iterator[Check]:
        """Everything that works, against a healthy deployment."""


def whole_or_part(text: str | None) -> str:
    """What a text is worth: the fakes end their last token with `$`."""
    if text is None:
        return "text None"
    if not text:
        return "silence: no text, no error"
    return "the whole answer" if text.endswith("$") else "a part, taken for the whole"
