"""What the suite asks of every SDK, whoever made it."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from fakes import Deployment

TEXT = "say five words please [[answer:5]]"
PROMPT = [{"role": "user", "content": TEXT}]

PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A PNG of one pixel, in base64."""

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
}
"""JSON schema of the arguments of a tool, and of structured output."""


class Check(NamedTuple):
    """One statement about what works."""

    what: str
    holds: bool


def each(parts: list[Callable[[Deployment], Iterator[Check]]], at: Deployment) -> Iterator[Check]:
    """All checks of all parts; a part that raises is a check that does not hold."""
    for part in parts:
        try:
            yield from part(at)
        except Exception as error:  # whatever an SDK raises on a healthy fake is the finding
            yield Check(f"{part.__name__} raised {type(error).__name__}: {error}", False)


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
    """What a text is worth: the fakes number their words, and end the last one with `$`."""
    if text is None:
        return "text None"
    if not text:
        return "silence: no text, no error"
    if not text.endswith("$"):
        return "more than the whole answer" if "$" in text else "a part, taken for the whole"
    words = text.split()
    if len(set(words)) < len(words):
        return "a word twice"
    return "the whole answer" if words == sorted(words) else "words out of order"
