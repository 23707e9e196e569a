"""The openai SDK, against OpenAI's persona and (as `AzureOpenAI`) against Azure's."""

import functools
import json
from collections.abc import Iterator

import openai
from client import PICTURE, PROMPT, TEXT, WEATHER, Check, Detail, each, whole_or_part
from fakes import Deployment

TOOL = {"type": "function", "function": {"name": "weather", "parameters": WEATHER}}
SCHEMA = {
    "type": "json_schema",
    "json_schema": {"name": "weather", "schema": WEATHER, "strict": True},
}


class OpenAi:
    """`openai.OpenAI`."""

    name = "openai"
    provider = "openai"
    version = openai.__version__

    def plain(self, at: Deployment, **options: object) -> str:
        """A plain chat completion: what the caller holds at the end."""
        reply = self.client(at, **options).chat.completions.create(model=at.model, messages=PROMPT)
        if isinstance(reply, str):
            return "a str"
        if reply.choices is None:
            return "choices None"
        if not reply.choices:
            return "no choices"
        return whole_or_part(reply.choices[0].message.content)

    def stream(self, at: Deployment, **options: object) -> str:
        """A streamed one, read to its end."""
        text = ""
        stream = self.client(at, **options).chat.completions.create(
            model=at.model, messages=PROMPT, stream=True
        )
        for chunk in stream:
            if chunk.choices:
                text += chunk.choices[0].delta.content or ""
        return whole_or_part(text)

    def detail(self, error: Exception) -> Detail:
        """Status, code (or type where there is none) and request id of an exception."""
        code = getattr(error, "code", None) or getattr(error, "type", None)
        return Detail(getattr(error, "status_code", None), code, getattr(error, "request_id", None))

    def client(self, at: Deployment, **options: object) -> openai.OpenAI:
        """A client of this deployment; all share one pool of connections."""
        return _openai().with_options(base_url=at.url, api_key=at.key, **options)

    def happy(self, at: Deployment) -> Iterator[Check]:
        """Everything that works."""
        chats = [self.chat, self.streams, self.tools, self.choices, self.structured, self.reasoning]
        beside = [self.responses, self.embeddings, self.moderations, self.speech, self.models]
        return each([*chats, self.images, *beside], at)

    def chat(self, at: Deployment) -> Iterator[Check]:
        """A plain answer."""
        answer = self.client(at).chat.completions.create(model=at.model, messages=PROMPT)
        yield Check("a plain answer has five tokens", answer.usage.completion_tokens == 5)
        yield Check("it ends with a finish reason", answer.choices[0].finish_reason == "stop")
        yield Check("it has a request id", bool(answer._request_id))

    def streams(self, at: Deployment) -> Iterator[Check]:
        """A stream with its usage."""
        chunks = list(
            self.client(at).chat.completions.create(
                model=at.model, messages=PROMPT, stream=True, stream_options={"include_usage": True}
            )
        )
        usage = [chunk.usage for chunk in chunks if chunk.usage]
        yield Check("a stream ends with its usage", [one.completion_tokens for one in usage] == [5])
        yield Check("all chunks have one id", len({chunk.id for chunk in chunks if chunk.id}) == 1)

    def tools(self, at: Deployment) -> Iterator[Check]:
        """Two calls at once, plain and streamed."""
        chat = self.client(at).chat.completions
        asked = [{"role": "user", "content": "weather? [[calls:2]]"}]
        answer = chat.create(model=at.model, messages=asked, tools=[TOOL])
        calls = answer.choices[0].message.tool_calls or []
        yield Check("two tools are called", [call.function.name for call in calls] == ["weather"] * 2)
        yield Check("with arguments by the schema", all(map(_is_weather, (c.function.arguments for c in calls))))
        yield Check("and that ends the answer", answer.choices[0].finish_reason == "tool_calls")
        arguments: dict[int, str] = {}
        for chunk in chat.create(model=at.model, messages=asked, tools=[TOOL], stream=True):
            for choice in chunk.choices:
                for call in choice.delta.tool_calls or []:
                    arguments[call.index] = arguments.get(call.index, "") + (call.function.arguments or "")
        yield Check("streamed calls have whole arguments", all(map(_is_weather, arguments.values())))
        yield Check("and an index each", sorted(arguments) == [0, 1])

    def images(self, at: Deployment) -> Iterator[Check]:
        """A picture beside the words, plain and streamed."""
        picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}}
        asked = [{"role": "user", "content": [{"type": "text", "text": TEXT}, picture]}]
        chat = self.client(at).chat.completions
        answer = chat.create(model=at.model, messages=asked).choices[0].message.content
        yield Check("a picture is taken", whole_or_part(answer) == "the whole answer")
        chunks = [chunk for chunk in chat.create(model=at.model, messages=asked, stream=True) if chunk.choices]
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        yield Check("a picture is taken, streamed", whole_or_part(text) == "the whole answer")

    def speech(self, at: Deployment) -> Iterator[Check]:
        """A text, spoken."""
        create = self.client(at).audio.speech.create
        sound = create(model=at.model, input="two words", voice="alloy", response_format="wav").content
        yield Check("a text is spoken", sound[:4] == b"RIFF" and len(sound) == 44 + 38_400)

    def choices(self, at: Deployment) -> Iterator[Check]:
        """`n`."""
        answer = self.client(at).chat.completions.create(model=at.model, messages=PROMPT, n=2)
        yield Check("n=2 gives two choices", [choice.index for choice in answer.choices] == [0, 1])

    def structured(self, at: Deployment) -> Iterator[Check]:
        """JSON by a schema."""
        answer = self.client(at).chat.completions.create(
            model=at.model, messages=PROMPT, response_format=SCHEMA
        )
        yield Check("structured output fits its schema", _is_weather(answer.choices[0].message.content))

    def reasoning(self, at: Deployment) -> Iterator[Check]:
        """Thoughts are counted."""
        asked = [{"role": "user", "content": "think [[thinking:30]] [[answer:5]]"}]
        usage = self.client(at).chat.completions.create(model=at.model, messages=asked).usage
        yield Check("thoughts are counted", usage.completion_tokens_details.reasoning_tokens == 30)

    def responses(self, at: Deployment) -> Iterator[Check]:
        """The Responses API, plain and streamed."""
        client = self.client(at)
        answer = client.responses.create(model=at.model, input=TEXT)
        yield Check("a response is completed", answer.status == "completed")
        yield Check("it has its text", whole_or_part(answer.output_text) == "the whole answer")
        events = list(client.responses.create(model=at.model, input=TEXT, stream=True))
        yield Check("its stream begins as created", events[0].type == "response.created")
        yield Check("and ends as completed", events[-1].type == "response.completed")
        numbers = [event.sequence_number for event in events]
        yield Check("events are numbered", numbers == sorted(set(numbers)))
        with client.responses.stream(model=at.model, input=TEXT) as stream:
            final = stream.get_final_response()
        yield Check("the stream helper agrees", whole_or_part(final.output_text) == "the whole answer")

    def embeddings(self, at: Deployment) -> Iterator[Check]:
        """Vectors, in the SDK's own base64."""
        answer = self.client(at).embeddings.create(model=at.model, input=["one", "two"])
        yield Check("two texts have two vectors", [one.index for one in answer.data] == [0, 1])
        yield Check("of many dimensions", len(answer.data[0].embedding) > 100)

    def moderations(self, at: Deployment) -> Iterator[Check]:
        """Moderation."""
        answer = self.client(at).moderations.create(input="hello")
        yield Check("a harmless text is not flagged", not answer.results[0].flagged)

    def models(self, at: Deployment) -> Iterator[Check]:
        """The list, and one of it."""
        client = self.client(at)
        yield Check("models are listed", at.model in [model.id for model in client.models.list()])
        yield Check("one is shown", client.models.retrieve(at.model).id == at.model)


class AzureOpenAi(OpenAi):
    """`openai.AzureOpenAI`."""

    name = "openai (Azure)"
    provider = "azure"

    def client(self, at: Deployment, **options: object) -> openai.OpenAI:
        """A client of this deployment; all share one pool of connections."""
        return openai.AzureOpenAI(
            azure_endpoint=at.url,
            api_key=at.key,
            api_version="2024-10-21",
            http_client=_openai()._client,
            **options,
        )

    def happy(self, at: Deployment) -> Iterator[Check]:
        """Everything that works."""
        parts = [self.chat, self.streams, self.tools, self.choices, self.structured, self.filters]
        return each([*parts, self.images, self.responses, self.embeddings, self.speech], at)

    def filters(self, at: Deployment) -> Iterator[Check]:
        """What only Azure adds."""
        chat = self.client(at).chat.completions
        first, *_ = chat.create(model=at.model, messages=PROMPT, stream=True)
        yield Check("the first frame has no choices", first.choices == [])
        yield Check("but the filter's results", bool(first.model_extra["prompt_filter_results"]))


def _is_weather(text: str | None) -> bool:
    value = json.loads(text or "null")
    return isinstance(value, dict) and set(value) == {"city", "days"}


@functools.cache
def _openai() -> openai.OpenAI:
    return openai.OpenAI(base_url="http://127.0.0.1:9/v1", api_key="sk-none", timeout=20)
