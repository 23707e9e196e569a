"""Starts `brownout gateway` in front of fakes, so that clients of either side of it can be asked."""

import json
import os
import re
import subprocess
import tempfile
import threading
from types import TracebackType
from typing import Self

from case import Case
from fakes import Deployment, Fakes

KEY = "sk-through-the-gateway"


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
            # Ours would keep a provider's status to itself where it is not the client's business.
            [os.path.abspath(brownout), "gateway", "-c", path, "--port", "0", "--personality", "litellm-1.106"],
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
