"""One way in which a provider fails, and the words in which it is said what an SDK makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from seen import Range, Sees

BACKOFF: tuple[Range, ...] = ((0.375, 0.5), (0.75, 1.0))
"""openai and anthropic: 0.5 s, 1 s, each less up to a quarter."""


@dataclass(frozen=True)
class Case:
    """One way to fail, and who sees what of it."""

    name: str
    inject: object
    """Value of `inject:` in a scenario; none for a healthy deployment."""
    sees: Mapping[str, Sees] = field(default_factory=dict)
    """By the name of the client."""
    older: Mapping[str, Sees] = field(default_factory=dict)
    """Where the older generation differs."""
    stream: bool = False
    timeout_s: float | None = None
    """The client's own, where it is what ends the call."""
    also: object = None
    """A second fault, without which the first does nothing."""
    at_connect: bool = False
    """Whether it happens to every dial of the process."""


def once(ending: str, status: int | None = None, code: str | None = None) -> Sees:
    """Not retried."""
    return Sees(ending, 1, (), status, code)


def thrice(
    ending: str, status: int | None = None, code: str | None = None, waits: tuple[Range, ...] = BACKOFF
) -> Sees:
    """Retried twice, as openai and anthropic do."""
    return Sees(ending, 3, waits, status, code)


def exactly(seconds: float) -> tuple[Range, ...]:
    """Two waits of this length."""
    return ((seconds, seconds), (seconds, seconds))


HEALTHY = Case("healthy", None)


def both(sees: Sees, azure: str | None = None) -> dict[str, Sees]:
    """The openai SDK, whichever client; `azure` is Azure's own code."""
    return {"openai": sees, "openai (Azure)": replace(sees, code=azure)}


GOOGLE_BACKOFF: tuple[Range, ...] = ((1, 2), (2, 3), (4, 5), (8, 9))
"""google-genai with `HttpRetryOptions()`: 1, 2, 4, 8 s, each and up to a second."""

AWS_THROTTLED: tuple[Range, ...] = ((0, 1), (0, 2))
AWS_FAILED: tuple[Range, ...] = ((0, 0.05), (0, 0.1))
"""boto3's standard mode: luck times 2^n, of a second where it was throttled, else of 50 ms."""

AWS_LEGACY: tuple[Range, ...] = ((0, 1), (0, 2), (0, 4), (0, 8))
"""boto3's legacy mode, the default of the older generation, whatever happened."""

USUAL = (BACKOFF, GOOGLE_BACKOFF, AWS_THROTTLED, AWS_FAILED, AWS_LEGACY)
"""Waits that an SDK makes of itself."""

Pair = tuple[Sees, Sees]
"""google-genai as it comes, and with `HttpRetryOptions()`."""


def not_retried(ending: str, status: int | None = None, code: str | None = None) -> Pair:
    """By neither."""
    sees = once(ending, status, code)
    return sees, sees


def retried(ending: str, status: int | None = None, code: str | None = None) -> Pair:
    """By the one that was told to."""
    return once(ending, status, code), Sees(ending, 5, GOOGLE_BACKOFF, status, code)


def throttled(ending: str, status: int | None = None, code: str | None = None) -> Sees:
    """Retried by boto3 after a long wait."""
    return Sees(ending, 3, AWS_THROTTLED, status, code)


def failed(ending: str, status: int | None = None, code: str | None = None) -> Sees:
    """Retried by boto3 after a short one."""
    return Sees(ending, 3, AWS_FAILED, status, code)


def with_older(case: Case) -> Case:
    """The older generation, as far as it differs everywhere in the same way."""
    return replace(case, older=older_by_rule(case) | dict(case.older))


def older_by_rule(case: Case) -> dict[str, Sees]:
    """httpx where there is httpx2 now, and boto3's legacy mode."""
    older = {}
    for name, one in case.sees.items():
        if one.ending.startswith("httpx2."):
            older[name] = replace(one, ending=one.ending.replace("httpx2", "httpx"))
        elif name == "boto3" and one.waits:
            older[name] = replace(one, attempts=5, waits=AWS_LEGACY)
    return older
