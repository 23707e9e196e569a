"""The google-genai SDK against Gemini's persona, as it comes and with its retries switched on."""

import base64
import functools
import json
from collections.abc import Iterator
from importlib.metadata import version

from client import PICTURE, TEXT, WEATHER, Check, Detail, each, whole_or_part
from fakes import Deployment
from google import genai
from google.genai import types


class Gemini:
    """`genai.Client` as it comes: it retries nothing."""

    name = "google-genai"
    provider = "gemini"
    version = version("google-genai")
    retry: types.HttpRetryOptions | None = None

    def plain(self, at: Deployment, **options: float) -> str:
        """A plain answer: what the caller holds at the end."""
        reply = self.client(at, **options).models.generate_content(model=at.model, contents=TEXT)
        return whole_or_part(reply.text)

    def stream(self, at: Deployment, **options: float) -> str:
        """A streamed one, read to its end."""
        models = self.client(at, **options).models
        return whole_or_part("".join(chunk.text or "" for chunk in _stream(models, at)))

    def detail(self, error: Exception) -> Detail:
        """Code and status in words of an exception; it knows no request ids."""
        return Detail(getattr(error, "code", None), getattr(error, "status", None), "none is told")

    def client(self, at: Deployment, timeout: float = 20) -> genai.Client:
        """A client of this deployment."""
        return _client(at.url.removesuffix("/v1beta"), at.key, round(timeout * 1000), self.retry is None)

    def happy(self, at: Deployment) -> Iterator[Check]:
        """Everything that works."""
        parts = [self.generate, self.streams, self.tools, self.images, self.structured]
        return each([*parts, self.thinking, self.blocked, self.beside], at)

    def generate(self, at: Deployment) -> Iterator[Check]:
        """A plain answer."""
        answer = self.client(at).models.generate_content(model=at.model, contents=TEXT)
        yield Check("a plain answer has five tokens", answer.usage_metadata.candidates_token_count == 5)
        yield Check("it ends with STOP", answer.candidates[0].finish_reason.name == "STOP")

    def streams(self, at: Deployment) -> Iterator[Check]:
        """A stream."""
        chunks = list(_stream(self.client(at).models, at))
        yield Check("a stream ends with STOP", chunks[-1].candidates[0].finish_reason.name == "STOP")
        yield Check("its usage counts them", chunks[-1].usage_metadata.candidates_token_count == 5)

    def tools(self, at: Deployment) -> Iterator[Check]:
        """A call."""
        declared = types.FunctionDeclaration(name="weather", parameters_json_schema=WEATHER)
        config = types.GenerateContentConfig(
            tools=[types.Tool(function_declarations=[declared])],
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        )
        answer = self.client(at).models.generate_content(model=at.model, contents="weather?", config=config)
        calls = answer.function_calls or []
        yield Check("a tool is called", [call.name for call in calls] == ["weather"])
        yield Check("by the schema", set(calls[0].args) == {"city", "days"})

    def images(self, at: Deployment) -> Iterator[Check]:
        """A picture beside the words."""
        picture = types.Part.from_bytes(data=base64.b64decode(PICTURE), mime_type="image/png")
        answer = self.client(at).models.generate_content(model=at.model, contents=[TEXT, picture])
        yield Check("a picture is taken", whole_or_part(answer.text) == "the whole answer")

    def structured(self, at: Deployment) -> Iterator[Check]:
        """JSON by a schema in Google's own words."""
        words = types.Schema(type="STRING"), types.Schema(type="INTEGER")
        schema = types.Schema(type="OBJECT", properties=dict(zip(WEATHER["required"], words)), required=WEATHER["required"])
        config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=schema)
        answer = self.client(at).models.generate_content(model=at.model, contents="weather?", config=config)
        yield Check("structured output fits its schema", set(json.loads(answer.text)) == {"city", "days"})

    def thinking(self, at: Deployment) -> Iterator[Check]:
        """Thoughts are counted."""
        asked = "think [[thinking:30]] [[answer:5]]"
        usage = self.client(at).models.generate_content(model=at.model, contents=asked).usage_metadata
        yield Check("thoughts are counted", usage.thoughts_token_count == 30)

    def blocked(self, at: Deployment) -> Iterator[Check]:
        """A prompt that the filter objects to is a 200 without candidates."""
        answer = self.client(at).models.generate_content(model=at.model, contents="[[blocked]]")
        yield Check("a blocked prompt has no candidates", not answer.candidates)
        yield Check("but a reason", bool(answer.prompt_feedback.block_reason))

    def beside(self, at: Deployment) -> Iterator[Check]:
        """What generates nothing."""
        models = self.client(at).models
        counted = models.count_tokens(model=at.model, contents="one two three")
        yield Check("tokens are counted", counted.total_tokens == 3)


class RetryingGemini(Gemini):
    """`genai.Client` with `HttpRetryOptions()`."""

    name = "google-genai (HttpRetryOptions)"
    retry = types.HttpRetryOptions()


def _stream(models: genai.models.Models, at: Deployment) -> Iterator[types.GenerateContentResponse]:
    return models.generate_content_stream(model=at.model, contents=TEXT)


@functools.cache
def _client(url: str, key: str, timeout_ms: int, once: bool) -> genai.Client:
    retry = None if once else types.HttpRetryOptions()
    options = types.HttpOptions(base_url=url, timeout=timeout_ms, retry_options=retry)
    return genai.Client(api_key=key, http_options=options)
