"""What official SDKs make of each way in which a provider fails: the golden tables as data.

Measured with the SDKs themselves, on loopback, `time.sleep` intercepted. Where a table and an SDK
disagree the SDK is right and the table is corrected here; `docs/fakes.md` shows what stands here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from seen import Range, Sees

CURRENT = {"openai": "3.54.0", "anthropic": "2.12.0", "google-genai": "3.4.0", "boto3": "1.44.5"}
OLDER = {"openai": "2.54.0", "anthropic": "0.125.0", "google-genai": "1.75.0", "boto3": "1.40.76"}

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


ERRORS: Sequence[Case] = [
    Case("error-400", {"error": 400}, {
        **both(once("BadRequestError", 400)),
        "anthropic": once("BadRequestError", 400, "invalid_request_error"),
    }),
    Case("error-401", {"error": 401}, {
        **both(once("AuthenticationError", 401, "invalid_api_key"), azure="401"),
        "anthropic": once("AuthenticationError", 401, "authentication_error"),
    }),
    Case("error-403", {"error": 403}, {
        **both(once("PermissionDeniedError", 403)),
        "anthropic": once("PermissionDeniedError", 403, "permission_error"),
    }),
    Case("error-404", {"error": 404}, {
        **both(once("NotFoundError", 404, "model_not_found"), azure="DeploymentNotFound"),
        "anthropic": once("NotFoundError", 404, "not_found_error"),
    }),
    Case("error-408", {"error": 408}, {
        **both(thrice("APIStatusError", 408)),
        "anthropic": thrice("RequestTimeoutError", 408, "timeout_error"),
    }, older={"anthropic": thrice("APIStatusError", 408)}),
    Case("error-409", {"error": 409}, {
        **both(thrice("ConflictError", 409)),
        "anthropic": thrice("ConflictError", 409, "conflict_error"),
    }),
    Case("error-413", {"error": 413}, {
        **both(once("APIStatusError", 413)),
        "anthropic": once("ContentTooLargeError", 413, "request_too_large"),
    }, older={"anthropic": once("RequestTooLargeError", 413, "request_too_large")}),
    Case("error-500", {"error": 500}, {
        **both(thrice("InternalServerError", 500, "server_error"), azure="InternalServerError"),
        "anthropic": thrice("InternalServerError", 500, "api_error"),
    }),
    Case("error-502-html", {"error": {"status": 502, "body": "html"}}, {
        **both(thrice("InternalServerError", 502)),
        "anthropic": thrice("InternalServerError", 502),
    }),
    Case("error-503", {"error": 503}, {
        **both(thrice("InternalServerError", 503, "server_is_overloaded"), azure="ServiceUnavailable"),
        "anthropic": thrice("ServiceUnavailableError", 503),
    }, older={"anthropic": thrice("InternalServerError", 503)}),
    Case("error-503-text", {"error": {"status": 503, "body": "text"}}, {
        **both(thrice("InternalServerError", 503)),
        "anthropic": thrice("ServiceUnavailableError", 503),
    }, older={"anthropic": thrice("InternalServerError", 503)}),
    Case("error-503-empty", {"error": {"status": 503, "body": "empty"}}, {
        **both(thrice("InternalServerError", 503)),
        "anthropic": thrice("ServiceUnavailableError", 503),
    }, older={"anthropic": thrice("InternalServerError", 503)}),
    Case("error-504", {"error": 504}, {
        **both(thrice("InternalServerError", 504)),
        "anthropic": thrice("GatewayTimeoutError", 504),
    }, older={"anthropic": thrice("InternalServerError", 504)}),
    Case("error-529", {"error": 529}, {
        **both(thrice("InternalServerError", 529)),
        "anthropic": thrice("OverloadedError", 529, "overloaded_error"),
    }),
]

WAITS: Sequence[Case] = [
    Case("throttle", {"throttle": None}, {
        **both(thrice("RateLimitError", 429, "rate_limit_exceeded"), azure="429"),
        "anthropic": thrice("RateLimitError", 429, "rate_limit_error"),
    }),
    Case("throttle-10s", {"throttle": {"retry_after": "10s"}}, {
        **both(thrice("RateLimitError", 429, waits=exactly(10))),
        "anthropic": thrice("RateLimitError", 429, waits=exactly(10)),
    }),
    Case("throttle-120s", {"throttle": {"retry_after": "120s"}}, {
        **both(thrice("RateLimitError", 429, waits=exactly(120))),
        "anthropic": thrice("RateLimitError", 429, waits=exactly(120)),
    }, older={"anthropic": thrice("RateLimitError", 429)}),
    Case("throttle-121s", {"throttle": {"retry_after": "121s"}}, {
        **both(once("RateLimitError", 429)),
        "anthropic": thrice("RateLimitError", 429, waits=exactly(121)),
    }, older={"anthropic": thrice("RateLimitError", 429)}),
    Case("throttle-24h", {"throttle": {"retry_after": "24h"}}, {
        **both(once("RateLimitError", 429)),
        "anthropic": thrice("RateLimitError", 429, waits=exactly(86400)),
    }, older={"anthropic": thrice("RateLimitError", 429)}),
    Case("throttle-ms", {"throttle": {"retry_after": "10s", "retry_after_ms": 250}}, {
        **both(thrice("RateLimitError", 429, waits=exactly(0.25))),
        "anthropic": thrice("RateLimitError", 429, waits=exactly(0.25)),
    }),
]

CONNECTIONS: Sequence[Case] = [
    Case("refuse", {"refuse": None}, {
        **both(thrice("APIConnectionError")),
        "anthropic": thrice("APIConnectionError"),
    }, at_connect=True),
    Case("reset", {"reset": None}, {
        **both(thrice("APIConnectionError")),
        "anthropic": thrice("APIConnectionError"),
    }),
    Case("stall-plain", {"stall": None}, {
        **both(thrice("APITimeoutError")),
        "anthropic": thrice("APITimeoutError"),
    }, timeout_s=0.3),
    Case("cut-plain", {"cut": {"after_tokens": 2}}, {
        **both(thrice("APIConnectionError")),
        "anthropic": thrice("APIConnectionError"),
    }),
    Case("truncate-plain", {"truncate": {"after_tokens": 2}}, {
        **both(once("json.JSONDecodeError")),
        "anthropic": once("json.JSONDecodeError"),
    }),
    Case("error-in-200", {"error_event": None}, {
        **both(once("choices None")),
        "anthropic": once("content None"),
    }),
    Case("garble-plain", {"garble": None}, {
        **both(once("json.JSONDecodeError")),
        "anthropic": once("json.JSONDecodeError"),
    }),
]

STREAMS: Sequence[Case] = [
    Case("truncate", {"truncate": {"after_tokens": 2}}, {
        **both(once("a part, taken for the whole")),
        "anthropic": once("a part, taken for the whole"),
    }, stream=True),
    Case("truncate-0", {"truncate": {"after_tokens": 0}}, {
        **both(once("silence: no text, no error")),
        "anthropic": once("silence: no text, no error"),
    }, stream=True),
    Case("cut", {"cut": {"after_tokens": 2}}, {
        **both(once("APIConnectionError")),
        "anthropic": once("httpx2.ReadError"),
    }, older={**both(once("httpx.ReadError")), "anthropic": once("httpx.ReadError")}, stream=True),
    Case("error-event", {"error_event": {"after_tokens": 2}}, {
        **both(once("APIError")),
        "anthropic": once("APIStatusError", 200, "overloaded_error"),
    }, stream=True),
    Case("error-event-0", {"error_event": {"after_tokens": 0}}, {
        **both(once("APIError")),
        "anthropic": once("APIStatusError", 200, "overloaded_error"),
    }, stream=True),
    Case("garble", {"garble": {"after_tokens": 2}}, {
        **both(once("json.JSONDecodeError")),
        "anthropic": once("json.JSONDecodeError"),
    }, stream=True),
    Case("stall", {"stall": {"after_tokens": 2}}, {
        **both(once("APITimeoutError")),
        "anthropic": once("httpx2.ReadTimeout"),
    }, older={**both(once("httpx.ReadTimeout")), "anthropic": once("httpx.ReadTimeout")},
        stream=True, timeout_s=0.3),
]

TABLES: Mapping[str, Sequence[Case]] = {
    "Error answers": ERRORS,
    "How long they wait": WAITS,
    "Broken connections, broken plain answers": CONNECTIONS,
    "Broken streams": STREAMS,
}

HANGS = once("a hang")

TYPESCRIPT: Mapping[str, Mapping[str, Sees]] = {
    "openai": {
        "error-408": thrice("APIError", 408),
        "error-413": once("APIError", 413),
        "throttle-120s": thrice("RateLimitError", 429),
        "throttle-121s": thrice("RateLimitError", 429),
        "throttle-24h": thrice("RateLimitError", 429),
        "stall-plain": thrice("APIConnectionTimeoutError"),
        "cut-plain": once("TypeError"),
        "truncate-plain": once("SyntaxError"),
        "error-in-200": once("choices undefined"),
        "garble-plain": once("SyntaxError"),
        "cut": once("TypeError"),
        "garble": once("SyntaxError"),
        "stall": HANGS,
    },
    "anthropic": {
        "stall-plain": HANGS,
        "cut-plain": once("TypeError"),
        "truncate-plain": once("SyntaxError"),
        "error-in-200": once("content undefined"),
        "garble-plain": once("SyntaxError"),
        "cut": once("TypeError"),
        "error-event": once("APIError", None, "overloaded_error"),
        "error-event-0": once("APIError", None, "overloaded_error"),
        "garble": once("SyntaxError"),
        "stall": HANGS,
    },
}
"""Where the TypeScript SDK differs from the current Python one; measured 2026-11-22, Node 20. Their
timeout ends with the head (openai) or does not reach the body at all: a silent body hangs."""

NODE = {"openai": "7.57.0", "anthropic": "1.12.0"}
"""Versions of the TypeScript SDKs."""


def expected(case: Case, client: str, version: str) -> Sees | None:
    """What this client sees of a case; none where it has no such case."""
    sdk = client.partition(" (")[0]
    if "TypeScript" in client:
        python = "openai (Azure)" if "Azure" in client else sdk
        return TYPESCRIPT[sdk].get(case.name, case.sees.get(python))
    sees = case.sees.get(client)
    return sees if _numbers(version) >= _numbers(CURRENT[sdk]) else case.older.get(client, sees)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
