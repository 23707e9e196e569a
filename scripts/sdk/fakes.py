"""Starts `brownout fakes` with one deployment per provider and case, and counts what reaches them.

Every case has a deployment of its own, told apart by its key, so one process holds many faults at
once. What happens to a dial happens to a whole host: such a case needs a process of its own.
"""

import json
import os
import re
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from case import Case

_sleep = time.sleep  # the real one: the suite replaces `time.sleep` while an SDK works

CONFIGS: dict[str, dict[str, str]] = {
    "openai": {"model": "openai/gpt-4o"},
    "azure": {
        "model": "azure/gpt-4o",
        "api_base": "https://sdk.openai.azure.com",
        "api_version": "2024-10-21",
    },
    "anthropic": {"model": "anthropic/claude-sonnet-4-6"},
    "gemini": {"model": "gemini/gemini-2.5-flash"},
    "bedrock": {
        "model": "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "aws_region_name": "us-east-1",
    },
    "ollama": {"model": "ollama_chat/llama3.1:8b"},
}
"""What a LiteLLM config says of one deployment of each provider."""

RESOLD: dict[str, dict[str, str]] = {
    "ollama-generate": {"model": "ollama/llama3.1:8b"},
    "azure-ai": {"model": "azure_ai/mistral-large-latest", "api_base": "https://sdk.models.ai.azure.com"},
    "azure-ai-claude": {
        "model": "azure_ai/claude-sonnet-4-5",
        "api_base": "https://sdk.services.ai.azure.com/anthropic",
    },
    "vertex-ai": {
        "model": "vertex_ai/gemini-2.5-flash",
        "vertex_project": "acme",
        "vertex_location": "us-central1",
    },
    "vertex-ai-claude": {
        "model": "vertex_ai/claude-sonnet-4@20250514",
        "vertex_project": "acme",
        "vertex_location": "us-east5",
    },
}
"""The same of models that others made, and of Ollama's older prefix."""

JOURNAL_SECONDS_MAX = 5.0
"""An attempt is in the journal when it ends for the fake: soon after it ends for the client."""


@dataclass(frozen=True)
class Deployment:
    """Where one fake deployment is, and how to be let in."""

    id: str
    url: str
    key: str
    model: str


class Fakes:
    """`brownout fakes` with the deployments of some cases, from `with` to the end of its block."""

    def __init__(self, brownout: str, cases: list[Case], configs: dict[str, dict[str, str]] = CONFIGS) -> None:
        self._configs = configs
        self._folder = tempfile.TemporaryDirectory()
        entries = [_entry(case, provider, config) for case in cases for provider, config in configs.items()]
        self._write("config.yaml", {"model_list": entries})
        self._write("scenario.yaml", _scenario(cases, list(configs)))
        command = [os.path.abspath(brownout), "fakes", "scenario.yaml", "--port", "0", "--journal"]
        self._process = subprocess.Popen(
            [*command, "--write-config", "served.json", "--start-now"],
            cwd=self._folder.name,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._arrived: dict[str, int] = {}
        self._deployments = self._wait_until_they_listen()
        threading.Thread(target=self._read_journal, daemon=True).start()

    def at(self, provider: str, case: Case) -> Deployment:
        """The deployment of `provider` that meets `case`."""
        return self._deployments[f"{provider}--{case.name}"]

    def served(self) -> list[dict[str, object]]:
        """The entries of a LiteLLM config whose addresses are those of these fakes. Models that others made
        are in it as the words they speak; here they are called as before."""
        with open(os.path.join(self._folder.name, "served.json"), encoding="utf-8") as file:
            return [self._as_before(entry) for entry in json.load(file)["model_list"]]

    def _as_before(self, entry: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        provider = entry["model_info"]["id"].partition("--")[0]
        served, before = entry["litellm_params"], self._configs[provider]
        if provider not in RESOLD or served["model"] == before["model"]:
            return entry
        there, path = urlsplit(served["api_base"]), urlsplit(before.get("api_base", "")).path
        base = f"{there.scheme}://{there.netloc}{path}"
        return {**entry, "litellm_params": {**before, "api_base": base, "api_key": served["api_key"]}}

    def attempts(self, at: Deployment, at_least: int) -> int:
        """How many attempts reached `at` since it was last asked; waits for `at_least`."""
        patience = time.monotonic() + JOURNAL_SECONDS_MAX
        while self._arrived.get(at.id, 0) < at_least and time.monotonic() < patience:
            _sleep(0.005)
        return self._arrived.pop(at.id, 0)

    def _write(self, name: str, value: object) -> None:
        # JSON is YAML.
        with open(os.path.join(self._folder.name, name), "w", encoding="utf-8") as file:
            json.dump(value, file)

    def _wait_until_they_listen(self) -> dict[str, Deployment]:
        said = []
        for line in self._process.stderr or []:
            said.append(line)
            if re.search(r"listen on http://", line):
                break
        else:
            raise SystemExit(f"the fakes ended with {self._process.wait()}:\n{''.join(said)}")
        threading.Thread(target=self._process.stderr.read, daemon=True).start()
        with open(os.path.join(self._folder.name, "served.json"), encoding="utf-8") as file:
            served = json.load(file)
        return {one.id: one for one in map(_deployment, served["model_list"])}

    def _read_journal(self) -> None:
        for line in self._process.stdout or []:
            row = json.loads(line)
            if row["stage"] == "request":
                self._arrived[row["deployment"]] = self._arrived.get(row["deployment"], 0) + 1

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


def _entry(case: Case, provider: str, config: dict[str, str]) -> dict[str, object]:
    return {
        "model_name": "any",
        "litellm_params": {"api_key": "sk-any", **config},
        "model_info": {"id": f"{provider}--{case.name}"},
    }


def _scenario(cases: list[Case], providers: list[str]) -> dict[str, object]:
    day = {"at": "0s", "for": "24h"}
    return {
        "scenario": "sdk-conformance",
        "config": "config.yaml",
        "deployments": {"all": {"ttft": {"constant": "1ms"}, "itl": {"constant": "1ms"}}},
        "traffic": [{"for": "24h", "arrivals": {"constant": "1/h"}, "workload": "chat"}],
        "faults": [
            {**day, "id": f"{provider}-{case.name}{which}", "target": f"{provider}--{case.name}", "inject": inject}
            for case in cases
            for which, inject in (("", case.inject), ("-also", case.also))
            if inject
            for provider in providers
        ],
        "slo": {"success": "rate > 0.9"},
    }


def _deployment(entry: dict[str, dict[str, str]]) -> Deployment:
    params = entry["litellm_params"]
    url = params.get("api_base") or params["aws_bedrock_runtime_endpoint"]
    key = params.get("api_key") or params["aws_access_key_id"]
    return Deployment(entry["model_info"]["id"], url, key, params["model"].partition("/")[2])
