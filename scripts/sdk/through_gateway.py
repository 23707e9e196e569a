"""The SDKs of OpenAI, Anthropic, Google and AWS through `brownout gateway` to every upstream, over real sockets.

Usage: through_gateway.py [--failures] [--typescript] path/to/brownout

Behind the gateway stand fakes of every provider, one healthy and one for each error. What a pair of SDK
and provider is asked for stands in `PAIRS`; what it does not serve is refused, by docs/translation.md. With
`--typescript` the SDKs under typescript/ are asked the same.
Prints one line per expectation, or with `--failures` only those that do not hold; exits 1 if there are any.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator

import anthropic
import boto3
import openai
from anthropic_sdk import Anthropic
from bedrock_sdk import Bedrock, client_of
from case import HEALTHY, Case
from client import PROMPT, Check, Client, Detail, each
from fakes import CONFIGS, RESOLD, Deployment, Fakes
from gateway import KEY, Gateway
from gemini_sdk import Gemini
from openai_sdk import OpenAi
from typescript_sdk import FOLDER

ERRORS = {
    401: Case("unauthorized", {"error": {"status": 401}}),
    429: Case("throttled", "throttle"),
    500: Case("broken", {"error": {"status": 500}}),
}
"""What an upstream says."""

RAISED = {
    "openai": {401: "AuthenticationError", 429: "RateLimitError", 500: "InternalServerError"},
    "anthropic": {401: "AuthenticationError", 429: "RateLimitError", 500: "InternalServerError"},
    "google-genai": {401: "ClientError", 429: "ClientError", 500: "ServerError"},
    "boto3": {401: "ClientError", 429: "ThrottlingException", 500: "InternalServerException"},
}
"""What each SDK makes of it."""

THROWN = {
    **RAISED,
    "google-genai": dict.fromkeys(ERRORS, "ApiError"),
    "boto3": {**RAISED["boto3"], 401: "UnrecognizedClientException"},
}
"""The same of those in TypeScript."""

CHAT = ["chat", "streams", "tools", "images", "structured"]
MESSAGES = ["messages", "streams", "tools", "images"]
CONTENTS = ["generate", "streams", "tools", "images", "structured"]
CONVERSE = ["converse", "streams", "tools", "images", "structured"]
PAIRS: dict[str, dict[str, list[str]]] = {
    "openai": {
        "openai": [*CHAT, "choices", "reasoning", "responses", "embeddings", "speech"],
        "azure": [*CHAT, "choices", "responses", "embeddings", "speech"],
        "anthropic": CHAT,
        "gemini": CHAT,
        "bedrock": CHAT,
        "ollama": CHAT,
        "ollama-generate": CHAT,
        "azure-ai": [*CHAT, "choices"],
        "azure-ai-claude": CHAT,
        "vertex-ai": CHAT,
        "vertex-ai-claude": CHAT,
    },
    "anthropic": {
        "anthropic": [*MESSAGES, "thinking", "counts"],
        "openai": MESSAGES,
        "azure": MESSAGES,
        "azure-ai": MESSAGES,
        "azure-ai-claude": [*MESSAGES, "thinking", "counts"],
        "vertex-ai-claude": [*MESSAGES, "thinking"],
    },
    "google-genai": {
        "gemini": [*CONTENTS, "thinking", "blocked", "beside"],
        "vertex-ai": [*CONTENTS, "thinking", "blocked", "beside"],
        **dict.fromkeys(
            [
                "openai",
                "azure",
                "anthropic",
                "bedrock",
                "ollama",
                "ollama-generate",
                "azure-ai",
                "azure-ai-claude",
                "vertex-ai-claude",
            ],
            CONTENTS,
        ),
    },
    "boto3": dict.fromkeys(
        [
            "bedrock",
            "openai",
            "azure",
            "anthropic",
            "gemini",
            "ollama",
            "ollama-generate",
            "azure-ai",
            "azure-ai-claude",
            "vertex-ai",
            "vertex-ai-claude",
        ],
        CONVERSE,
    ),
}
"""By the SDK and the upstream, the parts of an SDK's suite that work."""

NOT_THROUGH = {"it has a request id", "models are listed"}
"""What a gateway in between changes."""


class ThroughOpenAi(OpenAi):
    """The openai SDK, without its own retries."""

    def client(self, at: Deployment, **options: object) -> openai.OpenAI:
        """A client of the gateway."""
        return super().client(at, max_retries=0, **options)


class ThroughAnthropic(Anthropic):
    """The anthropic SDK, without its own retries."""

    def client(self, at: Deployment, **options: object) -> anthropic.Anthropic:
        """A client of the gateway."""
        return super().client(at, max_retries=0, **options)

    def counts(self, at: Deployment) -> Iterator[Check]:
        """Tokens of a prompt."""
        counted = self.client(at).messages.count_tokens(model=at.model, messages=PROMPT)
        yield Check("tokens are counted", counted.input_tokens == 5)


class ThroughBedrock(Bedrock):
    """boto3, without its own retries. The gateway's key is the id of the key that it signs with."""

    def client(self, at: Deployment, timeout: float = 20) -> "boto3.client":
        """A client of the gateway."""
        return client_of(f"{at.url}/bedrock", at.key, timeout, attempts=1)


CLIENTS = [ThroughOpenAi(), ThroughAnthropic(), Gemini(), ThroughBedrock()]


def main() -> None:
    """Everything, and the exit code."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("brownout")
    arguments.add_argument("--failures", action="store_true")
    arguments.add_argument("--typescript", action="store_true")
    options, started = arguments.parse_args(), time.monotonic()
    failed, held = 0, 0
    for holds, line in outcomes(options.brownout, options.typescript):
        failed, held = failed + (not holds), held + holds
        if not (holds and options.failures):
            print(("ok    " if holds else "FAIL  ") + line)
    print(f"through the gateway: {held} held, {failed} failed, {time.monotonic() - started:.0f} s")
    sys.exit(1 if failed else 0)


def outcomes(brownout: str, typescript: bool) -> Iterator[tuple[bool, str]]:
    """Each expectation, whether it held, and a line about it."""
    cases = [HEALTHY, *ERRORS.values()]
    with Fakes(brownout, cases, UPSTREAMS) as fakes, Gateway(brownout, fakes) as gateway:
        if typescript:
            yield from in_typescript(gateway)
        for client in CLIENTS:
            for provider, parts in PAIRS[client.name].items():
                pair, at = f"{client.name} to {provider}", gateway.at(provider, HEALTHY)
                for what, holds in each([getattr(client, part) for part in parts], at):
                    if what not in NOT_THROUGH:
                        yield holds, f"{pair}: {what}"
                for how in (client.plain, client.stream):
                    yield how(at) == "the whole answer", f"{pair}: {how.__name__}: the whole answer"
                for status, case in ERRORS.items():
                    expected = status, RAISED[client.name][status]
                    yield from refused(client, pair, gateway.at(provider, case), expected)


def refused(
    client: Client, pair: str, at: Deployment, expected: tuple[int, str]
) -> Iterator[tuple[bool, str]]:
    """An upstream's error, plain and in place of a stream."""
    for how in (client.plain, client.stream):
        try:
            seen = (None, f"no error but {how(at)}")
        except Exception as error:  # whatever it raises is the observation
            detail: Detail = client.detail(error)
            seen = (detail.status, type(error).__name__)
        yield seen == expected, f"{pair}: {how.__name__}, {expected[0]}: {seen[1]}"


def in_typescript(gateway: Gateway) -> Iterator[tuple[bool, str]]:
    """The same pairs, asked by through_gateway.ts."""
    given = {
        "url": gateway.url,
        "key": KEY,
        "pairs": PAIRS,
        "healthy": HEALTHY.name,
        "errors": {status: case.name for status, case in ERRORS.items()},
        "thrown": THROWN,
    }
    told = subprocess.run(
        ["node", "--import", "tsx", "through_gateway.ts"],
        cwd=FOLDER,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if told.returncode:
        yield False, f"through_gateway.ts ended with {told.returncode}: {told.stderr}"
        return
    for holds, what in json.loads(told.stdout):
        yield holds, f"TypeScript, {what}"


UPSTREAMS = {**CONFIGS, **RESOLD}

assert set(UPSTREAMS) >= {provider for pairs in PAIRS.values() for provider in pairs}

if __name__ == "__main__":
    main()
