"""Official SDKs against the fakes, over real sockets, held against the golden tables.

Usage: run.py [--failures] [--typescript] path/to/brownout

Uses the SDKs of the Python that runs it; with `--typescript` those under typescript/, too.
Prints one line per expectation, or with `--failures` only those that do not hold; exits 1 if there
are any.
"""

import argparse
import sys
import time
from collections.abc import Iterator

import typescript_sdk
from anthropic_sdk import Anthropic
from bedrock_sdk import Bedrock
from case import HEALTHY, Case
from client import Client, Detail
from docs import is_current
from fakes import Deployment, Fakes
from gemini_sdk import Gemini, RetryingGemini
from golden import TABLES, expected
from openai_sdk import AzureOpenAi, OpenAi
from seen import Seen

CLIENTS: list[Client] = [
    OpenAi(),
    AzureOpenAi(),
    Anthropic(),
    Gemini(),
    RetryingGemini(),
    Bedrock(),
]


def main() -> None:
    """Everything, and the exit code."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("brownout")
    arguments.add_argument("--failures", action="store_true")
    arguments.add_argument("--typescript", action="store_true")
    options, started = arguments.parse_args(), time.monotonic()
    if not is_current():
        sys.exit("docs/fakes.md does not show golden.py: run scripts/sdk/docs.py --write")
    if options.typescript:
        CLIENTS.extend(typescript_sdk.clients())
    cases = [case for table in TABLES.values() for case in table]
    failed, held = 0, 0
    for holds, line in outcomes(options.brownout, cases):
        failed, held = failed + (not holds), held + holds
        if not (holds and options.failures):
            print(("ok    " if holds else "FAIL  ") + line)
    spent = time.monotonic() - started
    print(f"{held} held, {failed} failed, {spent:.0f} s: " + ", ".join(versions()))
    sys.exit(1 if failed else 0)


def outcomes(brownout: str, cases: list[Case]) -> Iterator[tuple[bool, str]]:
    """Each expectation, whether it held, and a line about it."""
    with Fakes(brownout, [HEALTHY, *(case for case in cases if not case.at_connect)]) as fakes:
        for client in CLIENTS:
            for what, holds in client.happy(fakes.at(client.provider, HEALTHY)):
                yield holds, f"{client.name}: {what}"
        for case in cases:
            if not case.at_connect:
                yield from verdicts(fakes, case)
    for case in cases:
        if case.at_connect:
            with Fakes(brownout, [case]) as fakes:
                yield from verdicts(fakes, case)


def verdicts(fakes: Fakes, case: Case) -> Iterator[tuple[bool, str]]:
    """One case, as each client that knows it sees it."""
    for client in CLIENTS:
        sees = expected(case, client.name, client.version)
        if sees is None:
            continue
        seen = observe(client, case, fakes, fakes.at(client.provider, case))
        line = f"{client.name}: {case.name}: {seen}"
        if seen.is_as(sees):
            yield True, line
        else:
            yield False, f"{line}\n      expected {sees}"


def observe(client: Client, case: Case, fakes: Fakes, at: Deployment) -> Seen:
    """Lets `client` meet `case` once."""
    options = {"timeout": case.timeout_s} if case.timeout_s else {}
    call = client.stream if case.stream else client.plain
    waits: list[float] = []
    really, time.sleep = time.sleep, waits.append
    try:
        ending, detail = call(at, **options), Detail(None, None, None)
    except Exception as error:  # whatever it raises is the observation
        ending = name(error)
        detail = client.detail(error)
    finally:
        time.sleep = really
    counted = 0 if case.at_connect else fakes.attempts(at, at_least=len(waits) + 1)
    return Seen(ending, counted or len(waits) + 1, waits, *detail)


def name(error: Exception) -> str:
    """The class, with its module where it is not the SDK's own."""
    kind = type(error)
    root = kind.__module__.split(".")[0]
    return kind.__name__ if root in ("openai", "anthropic", "google", "botocore") else f"{root}.{kind.__name__}"


def versions() -> Iterator[str]:
    """Each SDK with its version."""
    yield from sorted({f"{client.name.split(' (')[0]} {client.version}" for client in CLIENTS})


if __name__ == "__main__":
    main()
