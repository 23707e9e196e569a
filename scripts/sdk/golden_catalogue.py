"""The rest of the golden tables: faults of the catalogue beyond the plain ones of golden.py."""

from collections.abc import Mapping, Sequence

from case import (
    AWS_LEGACY,
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
)
from seen import Sees

WHOLE = once("the whole answer")
PART = once("a part, taken for the whole")
SILENCE = once("silence: no text, no error")
MORE = once("more than the whole answer")
NO_JSON = once("json.JSONDecodeError")
NO_KEY = once("builtins.KeyError")
NO_TEXT = once("builtins.AttributeError")

LIMITED = thrice("RateLimitError", 429, "rate_limit_error")
EXHAUSTED = retried("ClientError", 429, "RESOURCE_EXHAUSTED")
THROTTLED = throttled("ThrottlingException", 429, "ThrottlingException")

BROKEN = not_retried("httpx2.RemoteProtocolError")
"""google-genai, where a connection ends too early."""

UNKNOWN = not_retried("UnknownApiResponseError")
"""google-genai, where it reads what it does not know."""


def case(
    name: str,
    inject: object,
    openai: Mapping[str, Sees] | Sees,
    anthropic: Sees,
    google: Pair | Sees | None,
    aws: Sees,
    **how: object,
) -> Case:
    """One row: a fault, and what each SDK makes of it."""
    sees = dict(both(openai) if isinstance(openai, Sees) else openai) | {"anthropic": anthropic}
    if google:
        pair = (google, google) if isinstance(google, Sees) else google
        sees |= zip(("google-genai", "google-genai (HttpRetryOptions)"), pair)
    return Case(name, inject, sees | {"boto3": aws}, **how)


def limited(waits: Sequence[tuple[float, float]] | None = None) -> tuple[Mapping[str, Sees], Sees]:
    """openai and anthropic, throttled: after their own waits, or these."""
    how = {"waits": tuple(waits)} if waits else {}
    openai = thrice("RateLimitError", 429, "rate_limit_exceeded", **how)
    return both(openai, azure="429"), thrice("RateLimitError", 429, "rate_limit_error", **how)


OVERSPENT = (
    both(thrice("RateLimitError", 429, "insufficient_quota"), azure="429"),
    thrice("EnforcedSpendLimitReachedError", 429, "rate_limit_error"),
    EXHAUSTED,
    THROTTLED,
)

ERRORS: Sequence[Case] = [
    case("error-400-retry", {"error": {"status": 400, "should_retry": True}},
        thrice("BadRequestError", 400),
        thrice("BadRequestError", 400, "invalid_request_error"),
        not_retried("ClientError", 400, "INVALID_ARGUMENT"),
        once("ValidationException", 400)),
    case("error-503-never", {"error": {"status": 503, "should_retry": False}},
        both(once("InternalServerError", 503, "server_is_overloaded"), azure="ServiceUnavailable"),
        once("ServiceUnavailableError", 503),
        retried("ServerError", 503, "UNAVAILABLE"),
        failed("ServiceUnavailableException", 503),
        older={"anthropic": once("InternalServerError", 503)}),
    case("html-503", {"html": {"status": 503}},
        thrice("InternalServerError", 503),
        thrice("ServiceUnavailableError", 503),
        retried("ServerError", 503),
        failed("ClientError", 503),
        older={"anthropic": thrice("InternalServerError", 503)}),
    case("revoke-key", {"revoke_key": None},
        both(once("AuthenticationError", 401, "invalid_api_key"), azure="401"),
        once("AuthenticationError", 401, "authentication_error"),
        not_retried("ClientError", 400, "INVALID_ARGUMENT"),
        once("ClientError", 403, "UnrecognizedClientException")),
    case("remove-model", {"remove_model": None},
        both(once("NotFoundError", 404, "model_not_found"), azure="DeploymentNotFound"),
        once("NotFoundError", 404, "not_found_error"),
        not_retried("ClientError", 404, "NOT_FOUND"),
        once("ResourceNotFoundException", 404, "ResourceNotFoundException")),
    case("quota-exhausted", {"quota_exhausted": None}, *OVERSPENT, older={"anthropic": LIMITED}),
]

WAITS: Sequence[Case] = [
    case("throttle-0s", {"throttle": {"retry_after": "0s"}}, *limited(), EXHAUSTED, THROTTLED),
    case("throttle-float", {"throttle": {"retry_after": "1500ms", "as": "float"}},
        *limited(exactly(1.5)), EXHAUSTED, THROTTLED),
    case("throttle-date", {"throttle": {"retry_after": "10s", "as": "date"}},
        *limited(((8, 10), (8, 10))), EXHAUSTED, THROTTLED),
    case("throttle-3000ms", {"throttle": {"retry_after_ms": 3000}},
        *limited(exactly(3)), EXHAUSTED,
        Sees("ThrottlingException", 3, exactly(3), 429, "ThrottlingException")),
    case("throttle-never", {"throttle": {"should_retry": False}},
        both(once("RateLimitError", 429, "rate_limit_exceeded"), azure="429"),
        once("RateLimitError", 429, "rate_limit_error"), EXHAUSTED, THROTTLED),
    case("throttle-quota", {"throttle": {"kind": "quota"}}, *OVERSPENT, older={"anthropic": LIMITED}),
]

REFUSED = (thrice("APIConnectionError"), thrice("APIConnectionError"))
"""openai and anthropic, without an answer."""

SHORT = Sees("ConnectionClosedError", 5, AWS_LEGACY)

CONNECTIONS: Sequence[Case] = [
    case("tls", {"tls": None}, *REFUSED, BROKEN, failed("ConnectionClosedError"), at_connect=True),
    case("close", {"close": None}, *REFUSED, BROKEN, failed("ConnectionClosedError"), at_connect=True),
    # google-genai is left out: it sees a reset or an end, as the kernel has it.
    case("reset-early", {"reset": {"before_request": True}},
        *REFUSED, None, failed("ConnectionClosedError"), at_connect=True),
    case("hang", {"hang": None},
        thrice("APITimeoutError"), thrice("APITimeoutError"),
        retried("httpx2.ReadTimeout"), failed("ReadTimeoutError"), timeout_s=0.3),
    case("html-200", {"html": {"status": 200}}, once("a str"), once("a str"), NO_JSON, NO_KEY),
    case("content-type-plain", {"content_type": {"as": "html"}}, WHOLE, WHOLE, WHOLE, WHOLE),
    case("error-200-plain", {"error_200": None},
        once("choices None"), once("content None"), once("text None"), NO_KEY),
    case("empty-plain", {"empty": None},
        once("text None"), SILENCE, once("text None"), once("builtins.IndexError")),
    case("truncate-json", {"truncate_json": None}, NO_JSON, NO_JSON, NO_JSON, NO_KEY),
    case("short-body", {"short_body": None}, *REFUSED, BROKEN, NO_KEY, older={"boto3": SHORT}),
    case("chunk-break-plain", {"chunk_break": {"after_tokens": 2}},
        *REFUSED, BROKEN, failed("ConnectionClosedError")),
    case("idle-timeout-plain", {"stall": None}, *REFUSED, BROKEN, NO_KEY,
        older={"boto3": SHORT}, also={"idle_timeout": {"after": "200ms"}}),
    case("no-stream-plain", {"no_stream": None}, WHOLE, WHOLE, WHOLE, WHOLE),
    # The first block is no text.
    case("thinking-plain", {"thinking": {"tokens": 30}}, WHOLE, NO_TEXT, WHOLE, NO_KEY),
]

IDLE = {"idle_timeout": {"after": "200ms"}}

BROKEN_OFF = (
    once("APIConnectionError"),
    once("httpx2.RemoteProtocolError"),
    BROKEN,
    once("urllib3.ProtocolError"),
)
BROKEN_OFF_OLDER = both(once("httpx.RemoteProtocolError"))

STREAMS: Sequence[Case] = [
    case("truncate-frame", {"truncate": {"after_tokens": 2, "inside": "frame"}},
        PART, PART, UNKNOWN, PART, stream=True),
    case("truncate-utf8", {"truncate": {"after_tokens": 2, "inside": "utf8"}},
        once("builtins.UnicodeDecodeError"), once("builtins.UnicodeDecodeError"), UNKNOWN, PART,
        stream=True),
    case("chunk-break", {"chunk_break": {"after_tokens": 2}},
        *BROKEN_OFF, older=BROKEN_OFF_OLDER, stream=True),
    case("chunk-garbage", {"chunk_break": {"after_tokens": 2, "with": "garbage"}},
        *BROKEN_OFF, older=BROKEN_OFF_OLDER, stream=True),
    case("idle-timeout", {"stall": {"after_tokens": 2}},
        *BROKEN_OFF, older=BROKEN_OFF_OLDER, also=IDLE, stream=True),
    case("no-stream", {"no_stream": None},
        SILENCE, SILENCE, WHOLE, once("ChecksumMismatch"), stream=True),
    case("buffered", {"buffered": None}, WHOLE, WHOLE, WHOLE, WHOLE, stream=True),
    case("thinking", {"thinking": {"tokens": 30}}, WHOLE, WHOLE, WHOLE, WHOLE, stream=True),
    case("thinking-long", {"thinking": {"tokens": 200}}, WHOLE, SILENCE, WHOLE, WHOLE, stream=True),
    case("split", {"split": {"bytes": 1}}, WHOLE, WHOLE, WHOLE, WHOLE, stream=True),
    case("comments", {"comments": {"every": 1}}, WHOLE, WHOLE, UNKNOWN, WHOLE, stream=True),
    case("comments-ids", {"comments": {"every": 1, "ids": True}},
        NO_JSON, WHOLE, UNKNOWN, WHOLE, stream=True),
    case("unknown-event", {"unknown_event": {"after_tokens": 2}},
        WHOLE, WHOLE, UNKNOWN, WHOLE, stream=True),
    case("duplicate", {"duplicate": {"after_tokens": 2}},
        *[once("a word twice")] * 4, stream=True),
    case("reorder", {"reorder": {"after_tokens": 2}},
        *[once("words out of order")] * 4, stream=True),
    case("no-usage", {"no_usage": None}, WHOLE, WHOLE, WHOLE, WHOLE, stream=True),
    case("double-done", {"double_done": None}, WHOLE, MORE, MORE, MORE, stream=True),
    case("empty", {"empty": None}, SILENCE, SILENCE, SILENCE, SILENCE, stream=True),
    case("html-200-stream", {"html": {"status": 200}},
        SILENCE, SILENCE, UNKNOWN, once("ChecksumMismatch"), stream=True),
    case("error-200", {"error_200": None},
        SILENCE, SILENCE, once("ServerError", 503, "UNAVAILABLE"), once("ChecksumMismatch"), stream=True),
    case("error-200-string", {"error_200": {"shape": "string"}},
        once("APIError"), once("APIStatusError", 200), once("ServerError", 503),
        once("EventStreamError", None, "serviceUnavailableException"), stream=True),
    case("error-200-chunk", {"error_200": {"shape": "chunk"}},
        once("APIError"), once("APIStatusError", 200), once("ServerError", 503),
        once("EventStreamError", None, "serviceUnavailableException"), stream=True),
]
