"""The golden tables of the SDKs for TypeScript, where they differ from those for Python."""

from collections.abc import Mapping

from case import exactly, once, thrice
from seen import Sees

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
        "throttle-0s": thrice("RateLimitError", 429, waits=exactly(0)),
        "hang": thrice("APIConnectionTimeoutError"),
        "html-200": once("a string"),
        "content-type-plain": once("a string"),
        "error-200-plain": once("choices undefined"),
        "truncate-json": once("SyntaxError"),
        "short-body": once("TypeError"),
        "chunk-break-plain": once("TypeError"),
        "idle-timeout-plain": once("TypeError"),
        "idle-timeout": once("TypeError"),
        "truncate-frame": once("SyntaxError"),
        "truncate-utf8": once("SyntaxError"),
        "chunk-break": once("TypeError"),
        "chunk-garbage": once("TypeError"),
        "comments-ids": once("the whole answer"),
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
        "hang": thrice("APIConnectionTimeoutError"),
        "html-200": once("a string"),
        "content-type-plain": once("a string"),
        "error-200-plain": once("content undefined"),
        "empty-plain": once("content undefined"),
        "truncate-json": once("SyntaxError"),
        "short-body": once("TypeError"),
        "chunk-break-plain": once("TypeError"),
        "idle-timeout-plain": once("TypeError"),
        "idle-timeout": once("TypeError"),
        "thinking-plain": once("content undefined"),
        "truncate-utf8": once("a part, taken for the whole"),
        "chunk-break": once("TypeError"),
        "chunk-garbage": once("TypeError"),
        "error-200-string": once("APIError"),
        "error-200-chunk": once("APIError"),
    },
}
"""Where the TypeScript SDK differs from the current Python one; measured 2026-11-22 (idle timeouts
and thoughts 2026-11-27), Node 20. Their
timeout ends with the head (openai) or does not reach the body at all: a silent body hangs."""

NODE = {"openai": "7.57.0", "anthropic": "1.12.0"}
"""Versions of the TypeScript SDKs."""
