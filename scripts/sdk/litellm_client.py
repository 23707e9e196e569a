"""The real LiteLLM as a client of the fakes, and what our gateway makes of the same answers.

Usage: litellm_client.py [--failures] path/to/brownout

For a Python that has LiteLLM (`scripts/peers litellm`). Each provider is asked by LiteLLM's own library with its
prefix, and by the gateway with the same entry of a config: a plain answer, a stream, tools, a wish for thoughts, and
an error of each status. What both make of it must be the same, or stand in `KNOWN` with a reason. Prints one line per
comparison, or with `--failures` only those that do not hold; exits 1 if there are any.
"""

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # it would look for prices at GitHub

import litellm
from litellm.llms.vertex_ai.vertex_llm_base import VertexBase
from case import HEALTHY, Case
from client import PROMPT, WEATHER
from fakes import CONFIGS, RESOLD, Fakes
from gateway import KEY, Gateway

litellm.suppress_debug_info = True

STATUSES = (400, 401, 403, 404, 408, 413, 422, 429, 500, 502, 503, 529)
TOOL = {"type": "function", "function": {"name": "weather", "parameters": WEATHER}}
THOUGHT = [{"role": "user", "content": "think [[thinking:6]] [[answer:5]]"}]
CALLS = [{"role": "user", "content": "weather? [[calls:2]]"}]

GOOGLES = "LiteLLM says 500 for what Google says under this status; the gateway passes the status on"
CLOUDS = "LiteLLM passes a cloud's 529 on; the gateway says 500, as both do for Anthropic's own"
GENERATE = "LiteLLM asks /api/generate and writes tools into the prompt; the gateway asks /api/chat"

KNOWN: dict[str, str] = {
    "anthropic: 413": "LiteLLM says 400 for a 413 of Anthropic's; the gateway passes the status on",
    "gemini: 502": GOOGLES,
    "gemini: 503": GOOGLES,
    "vertex-ai: 502": GOOGLES,
    "vertex-ai: 503": GOOGLES,
    "vertex-ai-claude: 502": GOOGLES,
    "vertex-ai-claude: 529": CLOUDS,
    "azure-ai-claude: 529": CLOUDS,
    "bedrock: 401": "AWS says 403 to a key that nobody knows; LiteLLM passes it on, the gateway says 401",
    "bedrock: 500": "LiteLLM says 503 for a 500 of Bedrock's; the gateway passes the status on",
    "ollama: tools, stream": "LiteLLM gives calls that come in lines of their own one index, so that they run together",
    "ollama-generate: tools": GENERATE,
    "ollama-generate: max_tokens": "LiteLLM does not read the reason for which /api/generate ended",
}
"""Where both differ, and why; by provider and what was asked, a stream as its plain answer."""

Seen = dict[str, object]
"""What came of a call, as far as its caller can act on it."""


def main() -> None:
    """Everything, and the exit code."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("brownout")
    arguments.add_argument("--failures", action="store_true")
    options, started = arguments.parse_args(), time.monotonic()
    failed, held, known = 0, 0, 0
    for holds, reason, line in outcomes(options.brownout):
        failed, held, known = failed + (not holds), held + (holds and not reason), known + bool(reason)
        if not (holds and options.failures):
            print(("FAIL  " if not holds else "known " if reason else "ok    ") + line)
    spent = time.monotonic() - started
    print(f"LiteLLM beside the gateway: {held} alike, {known} known, {failed} failed, {spent:.0f} s")
    sys.exit(1 if failed else 0)


def outcomes(brownout: str) -> Iterator[tuple[bool, str | None, str]]:
    """Each comparison: whether it holds, why it may differ, and a line about it."""
    cases = [HEALTHY, *(Case(f"error-{status}", {"error": status}) for status in STATUSES)]
    with Fakes(brownout, cases, {**CONFIGS, **RESOLD}) as fakes, Gateway(brownout, fakes) as gateway:
        entries = {entry["model_info"]["id"]: entry["litellm_params"] for entry in fakes.served()}
        for provider in (*CONFIGS, *RESOLD):
            for what, case, asked in questions():
                at = gateway.at(provider, case)
                theirs = by_litellm(entries[at.id], asked)
                ours = by_gateway(gateway.url, at.model, asked)
                reason = KNOWN.get(f"{provider}: {what}") or KNOWN.get(f"{provider}: {what.removesuffix(', stream')}")
                same = theirs == ours
                said = line(f"{provider}: {what}", theirs, ours)
                yield same or bool(reason), None if same else reason, said if same else f"{said}\n      {reason}"


def questions() -> Iterator[tuple[str, Case, Seen]]:
    """What is asked of every provider."""
    yield "plain", HEALTHY, {"messages": PROMPT}
    yield "stream", HEALTHY, {"messages": PROMPT, "stream": True}
    yield "tools", HEALTHY, {"messages": CALLS, "tools": [TOOL]}
    yield "tools, stream", HEALTHY, {"messages": CALLS, "tools": [TOOL], "stream": True}
    yield "thoughts", HEALTHY, {"messages": THOUGHT}
    yield "thoughts, stream", HEALTHY, {"messages": THOUGHT, "stream": True}
    yield "max_tokens", HEALTHY, {"messages": PROMPT, "max_tokens": 2}
    for status in STATUSES:
        case = Case(f"error-{status}", {"error": status})
        yield f"{status}", case, {"messages": PROMPT}
        yield f"{status}, stream", case, {"messages": PROMPT, "stream": True}


def line(what: str, theirs: Seen, ours: Seen) -> str:
    """Both, where they differ."""
    if theirs == ours:
        return f"{what}: {json.dumps(ours)}"
    return f"{what}:\n      LiteLLM {json.dumps(theirs)}\n      gateway {json.dumps(ours)}"


def with_token(entry: dict[str, str]) -> None:
    """Lets LiteLLM show the entry's key at Vertex AI, in the place of a token that Google would give it."""
    VertexBase._ensure_access_token = lambda *_, **__: (entry["api_key"], entry.get("vertex_project", ""))


def by_litellm(entry: dict[str, str], asked: Seen) -> Seen:
    """Asks with LiteLLM's library."""
    if "vertex_project" in entry:
        with_token(entry)
    try:
        answer = litellm.completion(**entry, **asked, max_retries=0, num_retries=0, timeout=20)
        if not asked.get("stream"):
            return plain(answer.model_dump())
        return streamed(chunk.model_dump() for chunk in answer)
    except Exception as error:  # whatever it raises is the observation
        return {"status": getattr(error, "status_code", None)}


def by_gateway(url: str, model: str, asked: Seen) -> Seen:
    """Asks the gateway."""
    body = json.dumps({"model": model, **asked}).encode()
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    request = urllib.request.Request(f"{url}/v1/chat/completions", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            if not asked.get("stream"):
                return plain(json.load(answer))
            frames = (frame.removeprefix(b"data: ").strip() for frame in answer)
            return streamed(json.loads(frame) for frame in frames if frame and frame != b"[DONE]")
    except urllib.error.HTTPError as error:
        return {"status": error.code}


def plain(answer: Seen) -> Seen:
    """A plain answer."""
    choice = answer["choices"][0]
    message, usage = choice["message"], answer["usage"]
    return told(
        message.get("content"),
        message.get("reasoning_content"),
        [call["function"] for call in message.get("tool_calls") or []],
        (choice["finish_reason"], usage["completion_tokens"]),
    )


def streamed(chunks: Iterator[Seen]) -> Seen:
    """A stream, put together."""
    text, thought, finish = "", "", None
    calls: dict[int, dict[str, str]] = {}
    for chunk in chunks:
        for choice in chunk.get("choices") or []:
            delta, finish = choice["delta"], choice.get("finish_reason") or finish
            text += delta.get("content") or ""
            thought += delta.get("reasoning_content") or ""
            for call in delta.get("tool_calls") or []:
                whole = calls.setdefault(call["index"], {"name": "", "arguments": ""})
                whole["name"] += call["function"].get("name") or ""
                whole["arguments"] += call["function"].get("arguments") or ""
    return told(text, thought, list(calls.values()), (finish, None))


def told(
    text: str | None, thought: str | None, calls: list[dict[str, str]], end: tuple[str | None, int | None]
) -> Seen:
    """What a caller acts on. Words are numbered by attempts, so that only how many they are is compared."""
    return {
        "words": len((text or "").split()),
        "whole": (text or "").endswith("$"),
        "thoughts": len((thought or "").split()),
        "calls": [[call["name"], members(call["arguments"])] for call in calls],
        "finish": end[0],
        "tokens": end[1],
    }


def members(arguments: str) -> object:
    """The names in a call's arguments; the arguments, if they are no object."""
    try:
        return sorted(json.loads(arguments or "{}"))
    except ValueError:
        return arguments


if __name__ == "__main__":
    main()
