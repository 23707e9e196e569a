"""The TypeScript SDKs openai and @anthropic-ai/sdk, asked through typescript/client.ts."""

import json
import pathlib
import subprocess
import time
from collections.abc import Iterator

from client import TEXT, Check, Detail, whole_or_part
from fakes import Deployment

FOLDER = pathlib.Path(__file__).parent / "typescript"


class Thrown(Exception):
    """What was thrown on the other side of the pipe; a subclass bears its name."""

    status: int | None
    code: str | None
    request_id: str | None


class TypeScript:
    """One of the two SDKs under Node."""

    def __init__(self, name: str, package: str, provider: str) -> None:
        self.name, self.provider = name, provider
        about = json.loads((FOLDER / "node_modules" / package / "package.json").read_text())
        self.version = about["version"]
        self._node: subprocess.Popen[str] | None = None

    def plain(self, at: Deployment, **options: float) -> str:
        """A plain answer: what the caller holds at the end."""
        return self._ask(at, False, options)

    def stream(self, at: Deployment, **options: float) -> str:
        """A streamed one, read to its end."""
        return self._ask(at, True, options)

    def detail(self, error: Exception) -> Detail:
        """Status, code and request id of what was thrown."""
        if not isinstance(error, Thrown):
            return Detail(None, None, None)
        return Detail(error.status, error.code, error.request_id)

    def happy(self, at: Deployment) -> Iterator[Check]:
        """Everything that works."""
        yield Check("a plain answer is whole", self.plain(at) == "the whole answer")
        yield Check("a streamed one, too", self.stream(at) == "the whole answer")

    def _ask(self, at: Deployment, stream: bool, options: dict[str, float]) -> str:
        node = self._node = self._node or _start()
        call = {
            "sdk": self.provider,
            "stream": stream,
            "url": at.url,
            "key": at.key,
            "model": at.model,
            "prompt": TEXT,
            "timeoutMs": 1000 * options.get("timeout", 20),
        }
        print(json.dumps(call), file=node.stdin, flush=True)
        found = json.loads(node.stdout.readline())
        for seconds in found["waits"]:
            time.sleep(seconds)  # which the suite has replaced, to see how long an SDK waits
        if error := found.get("error"):
            kind = type(error["name"], (Thrown,), {"__module__": "openai"})
            thrown = kind()
            thrown.status, thrown.code = error["status"], error["code"]
            thrown.request_id = error["requestId"]
            raise thrown
        text = found["text"]
        return text if text in PECULIAR else whole_or_part(text)


PECULIAR = ("a hang", "a string", "choices undefined", "content undefined")
"""What client.ts says where there is no text to speak of."""


def clients() -> list[TypeScript]:
    """Both SDKs, as `npm ci` installed them."""
    return [
        TypeScript("openai (TypeScript)", "openai", "openai"),
        TypeScript("openai (TypeScript, Azure)", "openai", "azure"),
        TypeScript("anthropic (TypeScript)", "@anthropic-ai/sdk", "anthropic"),
    ]


def _start() -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["node", "--import", "tsx", "client.ts"],
        cwd=FOLDER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
