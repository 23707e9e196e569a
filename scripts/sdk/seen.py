"""What an SDK made of an answer, and how that is compared with what it was expected to make."""

from collections.abc import Sequence
from dataclasses import dataclass

Range = tuple[float, float]
"""Seconds, from and to: SDKs add luck to their waits."""


@dataclass(frozen=True)
class Sees:
    """An expectation: how a call ends for its caller, how often it was tried, how long between."""

    ending: str
    attempts: int = 1
    waits: tuple[Range, ...] = ()
    status: int | None = None
    code: str | None = None

    def __str__(self) -> str:
        waits = ", ".join(f"{low:g} to {high:g}" for low, high in self.waits) or "none"
        return f"{self.ending} status={self.status} code={self.code} attempts={self.attempts} waits={waits}"


@dataclass(frozen=True)
class Seen:
    """An observation, in the same terms."""

    ending: str
    attempts: int
    waits: Sequence[float] = ()
    status: int | None = None
    code: str | None = None
    request_id: str | None = None

    def is_as(self, sees: Sees) -> bool:
        """Whether the expectation holds; a status or code that it does not name may be anything. An
        error that has its provider's code and a status of its own has a request id, too."""
        return bool(
            self.ending == sees.ending
            and self.attempts == sees.attempts
            and len(self.waits) == len(sees.waits)
            and all(low <= wait <= high for wait, (low, high) in zip(self.waits, sees.waits))
            and sees.status in (None, self.status)
            and sees.code in (None, self.code)
            and (sees.status is None or sees.code is None or self.status == 200 or self.request_id)
        )

    def __str__(self) -> str:
        waits = ", ".join(f"{wait:.3g}" for wait in self.waits) or "none"
        return f"{self.ending} status={self.status} code={self.code} attempts={self.attempts} waits={waits}"
