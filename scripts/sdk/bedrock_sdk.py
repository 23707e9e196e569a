"""boto3's client of the Bedrock runtime, which signs every request, against Bedrock's persona."""

import base64
import functools
import json
from collections.abc import Iterator

import boto3
from botocore.config import Config
from client import PICTURE, PROMPT, TEXT, WEATHER, Check, Detail, each, whole_or_part
from fakes import Deployment

MESSAGES = [{"role": "user", "content": [{"text": TEXT}]}]
TOOLS = {"tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": WEATHER}}}]}
CLAUDE = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 100, "messages": PROMPT}


class Bedrock:
    """`boto3.client("bedrock-runtime")`."""

    name = "boto3"
    provider = "bedrock"
    version = boto3.__version__

    def plain(self, at: Deployment, **options: float) -> str:
        """Converse: what the caller holds at the end."""
        reply = self.client(at, **options).converse(modelId=at.model, messages=MESSAGES)
        return whole_or_part(reply["output"]["message"]["content"][0]["text"])

    def stream(self, at: Deployment, **options: float) -> str:
        """ConverseStream, read to its end."""
        text = ""
        reply = self.client(at, **options).converse_stream(modelId=at.model, messages=MESSAGES)
        for event in reply["stream"]:
            text += event.get("contentBlockDelta", {}).get("delta", {}).get("text", "")
        return whole_or_part(text)

    def detail(self, error: Exception) -> Detail:
        """Status, code and request id of an exception."""
        response = getattr(error, "response", None) or {}
        meta = response.get("ResponseMetadata", {})
        code = response.get("Error", {}).get("Code")
        return Detail(meta.get("HTTPStatusCode"), code, meta.get("RequestId"))

    def client(self, at: Deployment, timeout: float = 20) -> "boto3.client":
        """A client of this deployment, with its dummy key pair."""
        return client_of(at.url, at.key, timeout)

    def happy(self, at: Deployment) -> Iterator[Check]:
        """Everything that works."""
        return each([self.converse, self.streams, self.tools, self.images, self.invoke, self.signature], at)

    def converse(self, at: Deployment) -> Iterator[Check]:
        """A plain answer."""
        answer = self.client(at).converse(modelId=at.model, messages=MESSAGES)
        yield Check("a plain answer has five tokens", answer["usage"]["outputTokens"] == 5)
        yield Check("it ends with end_turn", answer["stopReason"] == "end_turn")
        yield Check("it has a request id", bool(answer["ResponseMetadata"].get("RequestId")))

    def streams(self, at: Deployment) -> Iterator[Check]:
        """ConverseStream."""
        events = list(self.client(at).converse_stream(modelId=at.model, messages=MESSAGES)["stream"])
        yield Check("a stream ends with metadata", events[-1]["metadata"]["usage"]["outputTokens"] == 5)
        yield Check("after its end", "messageStop" in events[-2])

    def tools(self, at: Deployment) -> Iterator[Check]:
        """A call, plain and streamed."""
        client, asked = self.client(at), [{"role": "user", "content": [{"text": "weather?"}]}]
        answer = client.converse(modelId=at.model, messages=asked, toolConfig=TOOLS)
        calls = [block["toolUse"] for block in answer["output"]["message"]["content"] if "toolUse" in block]
        yield Check("a tool is called", [set(call["input"]) for call in calls] == [{"city", "days"}])
        events = client.converse_stream(modelId=at.model, messages=asked, toolConfig=TOOLS)["stream"]
        deltas = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
        text = "".join(delta.get("toolUse", {}).get("input", "") for delta in deltas)
        yield Check("streamed, it has whole arguments", set(json.loads(text)) == {"city", "days"})

    def images(self, at: Deployment) -> Iterator[Check]:
        """A picture beside the words."""
        picture = {"image": {"format": "png", "source": {"bytes": base64.b64decode(PICTURE)}}}
        asked = [{"role": "user", "content": [{"text": TEXT}, picture]}]
        reply = self.client(at).converse(modelId=at.model, messages=asked)
        text = reply["output"]["message"]["content"][0]["text"]
        yield Check("a picture is taken", whole_or_part(text) == "the whole answer")

    def structured(self, at: Deployment) -> Iterator[Check]:
        """JSON by a schema, which travels as text. The older generation knows no such member."""
        schema = json.dumps({**WEATHER, "additionalProperties": False})
        form = {"type": "json_schema", "structure": {"jsonSchema": {"name": "weather", "schema": schema}}}
        asked = [{"role": "user", "content": [{"text": "weather?"}]}]
        reply = self.client(at).converse(modelId=at.model, messages=asked, outputConfig={"textFormat": form})
        text = reply["output"]["message"]["content"][0]["text"]
        yield Check("structured output fits its schema", set(json.loads(text)) == {"city", "days"})

    def invoke(self, at: Deployment) -> Iterator[Check]:
        """InvokeModel, plain and streamed."""
        client, body = self.client(at), json.dumps(CLAUDE)
        native = json.loads(client.invoke_model(modelId=at.model, body=body)["body"].read())
        yield Check("InvokeModel answers in Claude's words", native["usage"]["output_tokens"] == 5)
        chunks = client.invoke_model_with_response_stream(modelId=at.model, body=body)["body"]
        inner = [json.loads(event["chunk"]["bytes"]) for event in chunks]
        yield Check("its stream holds Claude's events", inner[0]["type"] == "message_start")
        yield Check("the last one has metrics", "amazon-bedrock-invocationMetrics" in inner[-1])

    def signature(self, at: Deployment) -> Iterator[Check]:
        """A secret that is not the deployment's."""
        client = client_of(at.url, at.key, 20, secret="wrong")
        try:
            client.converse(modelId=at.model, messages=MESSAGES)
            yield Check("a wrong signature is refused", False)
        except client.exceptions.ClientError as error:
            yield Check("a wrong signature is refused", self.detail(error).status == 403)


@functools.cache
def client_of(
    url: str, key: str, timeout: float, secret: str | None = None, attempts: int | None = None
) -> "boto3.client":
    retries = {"total_max_attempts": attempts} if attempts else None
    return boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id=key,
        aws_secret_access_key=secret or key,
        config=Config(read_timeout=timeout, connect_timeout=timeout, retries=retries),
    )
