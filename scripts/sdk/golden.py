"""What official SDKs make of each way in which a provider fails: the golden tables as data.

Measured with the SDKs themselves, on loopback, `time.sleep` intercepted. Where a table and an SDK
disagree the SDK is right and the table is corrected here; `docs/fakes.md` shows what stands here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import golden_catalogue
from case import (
    Case,
    Pair,
    both,
    exactly,
    failed,
    not_retried,
    once,
    retried,
    thrice,
    throttled,
    with_older,
)
from golden_typescript import TYPESCRIPT
from seen import Sees

CURRENT = {"openai": "3.54.0", "anthropic": "2.12.0", "google-genai": "3.4.0", "boto3": "1.44.5"}
OLDER = {"openai": "2.54.0", "anthropic": "0.125.0", "google-genai": "1.75.0", "boto3": "1.40.76"}

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

GOOGLE: Mapping[str, Pair] = {
    "error-400": not_retried("ClientError", 400, "INVALID_ARGUMENT"),
    "error-401": not_retried("ClientError", 401, "UNAUTHENTICATED"),
    "error-403": not_retried("ClientError", 403, "PERMISSION_DENIED"),
    "error-404": not_retried("ClientError", 404, "NOT_FOUND"),
    "error-408": retried("ClientError", 408, "DEADLINE_EXCEEDED"),
    "error-409": not_retried("ClientError", 409, "ABORTED"),
    "error-413": not_retried("ClientError", 413, "INVALID_ARGUMENT"),
    "error-500": retried("ServerError", 500, "INTERNAL"),
    "error-502-html": retried("ServerError", 502),
    "error-503": retried("ServerError", 503, "UNAVAILABLE"),
    "error-503-text": retried("ServerError", 503),
    "error-503-empty": retried("ServerError", 503),
    "error-504": retried("ServerError", 504, "DEADLINE_EXCEEDED"),
    "error-529": not_retried("ServerError", 529, "UNAVAILABLE"),
    "throttle": retried("ClientError", 429, "RESOURCE_EXHAUSTED"),
    "throttle-10s": retried("ClientError", 429, "RESOURCE_EXHAUSTED"),
    "throttle-120s": retried("ClientError", 429, "RESOURCE_EXHAUSTED"),
    "throttle-121s": retried("ClientError", 429, "RESOURCE_EXHAUSTED"),
    "throttle-24h": retried("ClientError", 429, "RESOURCE_EXHAUSTED"),
    "throttle-ms": retried("ClientError", 429, "RESOURCE_EXHAUSTED"),
    "reset": not_retried("httpx2.ReadError"),
    "stall-plain": retried("httpx2.ReadTimeout"),
    "cut-plain": not_retried("httpx2.ReadError"),
    "truncate-plain": not_retried("json.JSONDecodeError"),
    "error-in-200": not_retried("text None"),
    "garble-plain": not_retried("json.JSONDecodeError"),
    "truncate": not_retried("a part, taken for the whole"),
    "truncate-0": not_retried("silence: no text, no error"),
    "cut": not_retried("httpx2.ReadError"),
    "error-event": not_retried("ServerError", 503, "UNAVAILABLE"),
    "error-event-0": not_retried("ServerError", 503, "UNAVAILABLE"),
    "garble": not_retried("UnknownApiResponseError"),
    "stall": not_retried("httpx2.ReadTimeout"),
}
"""google-genai; a refused dial is left out, since it is seen at the dial or at the first read."""

AWS: Mapping[str, Sees] = {
    "error-400": once("ValidationException", 400, "ValidationException"),
    "error-401": once("ClientError", 403, "UnrecognizedClientException"),
    "error-403": once("AccessDeniedException", 403, "AccessDeniedException"),
    "error-404": once("ResourceNotFoundException", 404, "ResourceNotFoundException"),
    "error-408": once("ModelTimeoutException", 408, "ModelTimeoutException"),
    "error-409": once("ClientError", 409),
    "error-413": once("ValidationException", 400, "ValidationException"),
    "error-500": failed("InternalServerException", 500, "InternalServerException"),
    "error-502-html": failed("ClientError", 502),
    "error-503": failed("ServiceUnavailableException", 503, "ServiceUnavailableException"),
    "error-503-text": failed("ServiceUnavailableException", 503, "ServiceUnavailableException"),
    "error-503-empty": failed("ClientError", 503),
    "error-504": failed("ClientError", 504),
    "error-529": once("ClientError", 529),
    "throttle": throttled("ThrottlingException", 429, "ThrottlingException"),
    "throttle-10s": throttled("ThrottlingException", 429, "ThrottlingException"),
    "throttle-120s": throttled("ThrottlingException", 429, "ThrottlingException"),
    "throttle-121s": throttled("ThrottlingException", 429, "ThrottlingException"),
    "throttle-24h": throttled("ThrottlingException", 429, "ThrottlingException"),
    "throttle-ms": throttled("ThrottlingException", 429, "ThrottlingException"),
    "reset": failed("ConnectionClosedError"),
    "stall-plain": failed("ReadTimeoutError"),
    "cut-plain": failed("ConnectionClosedError"),
    "truncate-plain": once("builtins.KeyError"),
    "error-in-200": once("builtins.KeyError"),
    "garble-plain": once("builtins.KeyError"),
    "truncate": once("a part, taken for the whole"),
    "truncate-0": once("silence: no text, no error"),
    "cut": once("urllib3.ProtocolError"),
    "error-event": once("EventStreamError", None, "serviceUnavailableException"),
    "error-event-0": once("EventStreamError", None, "serviceUnavailableException"),
    "garble": once("ChecksumMismatch"),
    "stall": once("urllib3.ReadTimeoutError"),
}
"""boto3; a refused dial is left out for the same reason."""


def _with_google_and_aws(case: Case) -> Case:
    sees = dict(case.sees)
    if pair := GOOGLE.get(case.name):
        sees |= zip(("google-genai", "google-genai (HttpRetryOptions)"), pair)
    if aws := AWS.get(case.name):
        sees["boto3"] = aws
    return replace(case, sees=sees)


TABLES: Mapping[str, Sequence[Case]] = {
    title: [with_older(_with_google_and_aws(case)) for case in [*cases, *rest]]
    for title, cases, rest in (
        ("Error answers", ERRORS, golden_catalogue.ERRORS),
        ("How long they wait", WAITS, golden_catalogue.WAITS),
        ("Broken connections, broken plain answers", CONNECTIONS, golden_catalogue.CONNECTIONS),
        ("Broken streams", STREAMS, golden_catalogue.STREAMS),
    )
}


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
