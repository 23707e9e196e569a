"""HTTP/2 against the fakes: Python's httpx with prior knowledge and by ALPN, and AWS's SDK for JavaScript,
whose client of Bedrock speaks nothing else.

Usage: http2.py [--failures] [--typescript] path/to/brownout

Prints one line per expectation, or with `--failures` only those that do not hold; exits 1 if there are any.
"""

import argparse
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import httpx
from client import PROMPT, Check
from typescript_sdk import FOLDER

KEY = "sk-brownout-1"


class Fakes:
    """`brownout fakes --persona NAME`, from `with` to the end of its block."""

    def __init__(self, brownout: str, persona: str, *flags: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        command = [os.path.abspath(brownout), "fakes", "--persona", persona, "--port", "0", *flags]
        self._process = subprocess.Popen(
            command, cwd=self._folder.name, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        said: list[str] = []
        for line in self._process.stderr or []:
            said.append(line)
            if found := re.search(r"fakes listen on (https?://\S+)", line):
                self.url = found.group(1)
                break
        else:
            raise SystemExit(f"the fakes ended with {self._process.wait()}:\n{''.join(said)}")
        threading.Thread(target=self._process.stderr.read, daemon=True).start()
        self._admin = re.search(r"admin API on (http://\S+)", "".join(said)).group(1)
        self.authority = os.path.join(self._folder.name, "brownout-tls", "ca.pem")

    def calls(self) -> list[dict[str, object]]:
        """What was called, as the journal tells it."""
        with urllib.request.urlopen(f"{self._admin}/journal") as answer:
            return [row["call"] for row in json.load(answer)["rows"] if row["call"]]

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


def main() -> None:
    """Everything, and the exit code."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("brownout")
    arguments.add_argument("--failures", action="store_true")
    arguments.add_argument("--typescript", action="store_true")
    options, started = arguments.parse_args(), time.monotonic()
    failed, held = 0, 0
    for what, holds in checks(options.brownout, options.typescript):
        failed, held = failed + (not holds), held + holds
        if not (holds and options.failures):
            print(("ok    " if holds else "FAIL  ") + what)
    print(f"HTTP/2: {held} held, {failed} failed, {time.monotonic() - started:.0f} s")
    sys.exit(1 if failed else 0)


def checks(brownout: str, typescript: bool) -> Iterator[Check]:
    """Each client in turn."""
    with Fakes(brownout, "openai") as fakes:
        with httpx.Client(http1=False, http2=True, base_url=fakes.url, timeout=20) as client:
            yield from with_httpx("prior knowledge", client)
        yield Check("prior knowledge: the journal says so", {call["http"] for call in fakes.calls()} == {"2"})
    with Fakes(brownout, "openai", "--tls") as fakes:
        trust = ssl.create_default_context(cafile=fakes.authority)
        with httpx.Client(http2=True, verify=trust, base_url=fakes.url, timeout=20) as client:
            yield from with_httpx("ALPN", client)
        with httpx.Client(verify=trust, base_url=fakes.url, timeout=20) as client:
            version = ask(client, "gpt-4o", stream=False).http_version
            yield Check("ALPN: who offers HTTP/1.1 alone gets it", version == "HTTP/1.1")
    if typescript:
        with Fakes(brownout, "bedrock") as fakes:
            yield from with_aws(fakes)


def ask(client: httpx.Client, model: str, *, stream: bool) -> httpx.Response:
    """One chat completion, read to its end."""
    body = {"model": model, "messages": PROMPT, "stream": stream}
    return client.post("/v1/chat/completions", json=body, headers={"authorization": f"Bearer {KEY}"})


def with_httpx(how: str, client: httpx.Client) -> Iterator[Check]:
    """Answers, and what breaks."""
    plain = ask(client, "gpt-4o", stream=False)
    yield Check(f"{how}: a plain answer is whole", plain.json()["usage"]["completion_tokens"] == 5)
    yield Check(f"{how}: over HTTP/2", plain.http_version == "HTTP/2")
    stream = ask(client, "gpt-4o", stream=True)
    yield Check(f"{how}: a stream is whole", stream.text.endswith("data: [DONE]\n\n"))
    yield Check(f"{how}: over HTTP/2, too", stream.http_version == "HTTP/2")
    for model, code in (("reset", 2), ("refuse", 7), ("cut-2", 2), ("chunk_break-2", 0)):
        try:
            seen = f"no error but {ask(client, f'gpt-4o--{model}', stream=True).status_code}"
        except httpx.RemoteProtocolError as error:
            seen = str(error)
        yield Check(f"{how}: {model} is a reset with code {code}: {seen}", f"error_code:{code}" in seen)
    try:
        seen = f"no error but {ask(client, 'gpt-4o--close', stream=True).status_code}"
    except httpx.ProtocolError as error:
        # Python's h2 takes a connection that goes away for closed, and stumbles over the ping that follows.
        seen = type(error).__name__
    yield Check(f"{how}: close is an error: {seen}", seen.endswith("ProtocolError"))
    after = ask(client, "gpt-4o", stream=False)
    yield Check(f"{how}: and it goes on afterwards", after.http_version == "HTTP/2")


def with_aws(fakes: Fakes) -> Iterator[Check]:
    """`@aws-sdk/client-bedrock-runtime`, as it comes."""
    given = json.dumps({"url": fakes.url, "key": KEY})
    node = ["node", "--import", "tsx", "bedrock.ts"]
    told = subprocess.run(node, cwd=FOLDER, input=given, capture_output=True, text=True, timeout=120, check=True)
    for what, holds in json.loads(told.stdout):
        yield Check(f"AWS's SDK for JavaScript: {what}", holds)
    yield Check("AWS's SDK for JavaScript: all over HTTP/2", {call["http"] for call in fakes.calls()} == {"2"})


if __name__ == "__main__":
    main()
