"""The openai and anthropic SDKs through `brownout gateway` to every upstream, over real sockets.

Usage: through_gateway.py [--failures] path/to/brownout

Behind the gateway stand fakes of every provider, one healthy and one for each error. What a pair of SDK
and provider is asked for stands in `PAIRS`; what it does not serve is refused, by docs/translation.md.
Prints one line per expectation, or with `--failures` only those that do not hold; exits 1 if there are any.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import anthropic
import openai
from anthropic_sdk import Anthropic
from case import HEALTHY, Case
from client import PROMPT, Check, Detail, each
from fakes import CONFIGS, Deployment, Fakes
from openai_sdk import OpenAi

KEY = "sk-through-the-gateway"

ERRORS = {
    401: ("AuthenticationError", Case("unauthorized", {"error": {"status": 401}})),
    429: ("RateLimitError", Case("throttled", "throttle")),
    500: ("InternalServerError", Case("broken", {"error": {"status": 500}})),
}
"""What an upstream says, and what either SDK raises."""

CHAT = ["chat", "streams", "tools", "structured"]
MESSAGES = ["messages", "streams", "tools"]
PAIRS: dict[str, dict[str, list[str]]] = {
    "openai": {
        "openai": [*CHAT, "choices", "reasoning", "responses", "embeddings"],
        "azure": [*CHAT, "choices", "embeddings"],
        "anthropic": CHAT,
        "gemini": CHAT,
        "bedrock": CHAT,
        "ollama": CHAT,
    },
    "anthropic": {
        "anthropic": [*MESSAGES, "thinking", "counts"],
        "openai": MESSAGES,
        "azure": MESSAGES,
    },
}
"""By the SDK and the upstream, the parts of an SDK's suite that work."""

NOT_THROUGH = {"it has a request id", "models are listed"}
"""What a gateway in between changes."""


class Gateway:
    """`brownout gateway` in front of fakes, each deployment a group of its own."""

    def __init__(self, brownout: str, fakes: Fakes) -> None:
        self._folder = tempfile.TemporaryDirectory()
        entries = [{**entry, "model_name": entry["model_info"]["id"]} for entry in fakes.served()]
        config = {
            "model_list": entries,
            "router_settings": {"num_retries": 0},
            "general_settings": {"master_key": KEY},
        }
        path = os.path.join(self._folder.name, "config.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(config, file)
        self._process = subprocess.Popen(
            [os.path.abspath(brownout), "gateway", "-c", path, "--port", "0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.url = self._listens()

    def _listens(self) -> str:
        said = []
        for line in self._process.stderr or []:
            said.append(line)
            if found := re.search(r"listens? on (http://[0-9.]+:\d+)", line):
                threading.Thread(target=self._process.stderr.read, daemon=True).start()
                return found.group(1)
        raise SystemExit(f"the gateway ended with {self._process.wait()}:\n{''.join(said)}")

    def at(self, provider: str, case: Case) -> Deployment:
        """The group of `provider` that meets `case`."""
        name = f"{provider}--{case.name}"
        return Deployment(name, self.url, KEY, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)
        self._folder.cleanup()


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


CLIENTS = [ThroughOpenAi(), ThroughAnthropic()]


def main() -> None:
    """Everything, and the exit code."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("brownout")
    arguments.add_argument("--failures", action="store_true")
    options, started = arguments.parse_args(), time.monotonic()
    failed, held = 0, 0
    for holds, line in outcomes(options.brownout):
        failed, held = failed + (not holds), held + holds
        if not (holds and options.failures):
            print(("ok    " if holds else "FAIL  ") + line)
    print(f"through the gateway: {held} held, {failed} failed, {time.monotonic() - started:.0f} s")
    sys.exit(1 if failed else 0)


def outcomes(brownout: str) -> Iterator[tuple[bool, str]]:
    """Each expectation, whether it held, and a line about it."""
    cases = [HEALTHY, *(case for _, case in ERRORS.values())]
    with Fakes(brownout, cases) as fakes, Gateway(brownout, fakes) as gateway:
        for client in CLIENTS:
            for provider, parts in PAIRS[client.name].items():
                pair, at = f"{client.name} to {provider}", gateway.at(provider, HEALTHY)
                for what, holds in each([getattr(client, part) for part in parts], at):
                    if what not in NOT_THROUGH:
                        yield holds, f"{pair}: {what}"
                for how in (client.plain, client.stream):
                    yield how(at) == "the whole answer", f"{pair}: {how.__name__}: the whole answer"
                for status, (raised, case) in ERRORS.items():
                    yield from refused(client, pair, gateway.at(provider, case), (status, raised))


def refused(
    client: OpenAi | Anthropic, pair: str, at: Deployment, expected: tuple[int, str]
) -> Iterator[tuple[bool, str]]:
    """An upstream's error, plain and in place of a stream."""
    for how in (client.plain, client.stream):
        try:
            seen = (None, f"no error but {how(at)}")
        except Exception as error:  # whatever it raises is the observation
            detail: Detail = client.detail(error)
            seen = (detail.status, type(error).__name__)
        yield seen == expected, f"{pair}: {how.__name__}, {expected[0]}: {seen[1]}"


assert set(CONFIGS) >= {provider for pairs in PAIRS.values() for provider in pairs}

if __name__ == "__main__":
    main()
