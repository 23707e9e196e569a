/** AWS's client of the Bedrock runtime through the gateway, whose key is the id of the key that it signs with. */

import {
  BedrockRuntimeClient,
  type ContentBlock,
  ConverseCommand,
  type ConverseCommandInput,
  type ConverseCommandOutput,
  ConverseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";

import { isWeather, isWhole, PICTURE, TEXT, WEATHER, type Way } from "./asked.ts";

export function throughAws(url: string, key: string): Way {
  const client = new BedrockRuntimeClient({
    region: "us-east-1",
    endpoint: `${url}/bedrock`,
    credentials: { accessKeyId: key, secretAccessKey: key },
    maxAttempts: 1,
    // As it comes it speaks HTTP/2 to whatever endpoint it is given.
    requestHandler: new NodeHttpHandler(),
  });
  const says = (...content: ContentBlock[]) => [{ role: "user" as const, content }];
  const converse = (asked: ConverseCommandInput) => client.send(new ConverseCommand(asked));
  const blocks = (answer: ConverseCommandOutput) => answer.output?.message?.content ?? [];
  const text = (answer: ConverseCommandOutput) => blocks(answer).map((block) => block.text ?? "").join("");

  async function streamed(asked: ConverseCommandInput) {
    const found = { text: "", input: "", names: [] as (string | undefined)[], tokens: 0, stop: "" };
    for await (const event of (await client.send(new ConverseStreamCommand(asked))).stream ?? []) {
      found.text += event.contentBlockDelta?.delta?.text ?? "";
      found.input += event.contentBlockDelta?.delta?.toolUse?.input ?? "";
      if (event.contentBlockStart) found.names.push(event.contentBlockStart.start?.toolUse?.name);
      found.tokens = event.metadata?.usage?.outputTokens ?? found.tokens;
      found.stop = event.messageStop?.stopReason ?? found.stop;
    }
    return found;
  }

  return {
    parts: {
      async converse(modelId) {
        const answer = await converse({ modelId, messages: says({ text: TEXT }) });
        return {
          "a plain answer is whole": isWhole(text(answer)),
          "it ends with end_turn": answer.stopReason === "end_turn",
          "it counts five tokens": answer.usage?.outputTokens === 5,
        };
      },
      async streams(modelId) {
        const found = await streamed({ modelId, messages: says({ text: TEXT }) });
        return {
          "a stream is whole": isWhole(found.text),
          "it ends with end_turn": found.stop === "end_turn",
          "and its usage": found.tokens === 5,
        };
      },
      async tools(modelId) {
        const tools = [{ toolSpec: { name: "weather", inputSchema: { json: WEATHER } } }];
        const asked = { modelId, messages: says({ text: "weather?" }), toolConfig: { tools } };
        const answer = await converse(asked);
        const calls = blocks(answer).flatMap((block) => (block.toolUse ? [block.toolUse] : []));
        const found = await streamed(asked);
        return {
          "a tool is called": calls.map((call) => call.name).join() === "weather" && answer.stopReason === "tool_use",
          "by the schema": calls.every((call) => isWeather(JSON.stringify(call.input))),
          "a streamed call is whole": found.names.join() === "weather" && isWeather(found.input),
        };
      },
      async images(modelId) {
        const bytes = new Uint8Array(Buffer.from(PICTURE, "base64"));
        const messages = says({ text: TEXT }, { image: { format: "png", source: { bytes } } });
        return { "a picture is taken": isWhole(text(await converse({ modelId, messages }))) };
      },
      async structured(modelId) {
        const jsonSchema = { name: "weather", schema: JSON.stringify(WEATHER) };
        const textFormat = { type: "json_schema" as const, structure: { jsonSchema } };
        const answer = await converse({ modelId, messages: says({ text: "weather?" }), outputConfig: { textFormat } });
        return { "structured output fits its schema": isWeather(text(answer)) };
      },
    },
    plain: async (modelId) => text(await converse({ modelId, messages: says({ text: TEXT }) })),
    stream: async (modelId) => (await streamed({ modelId, messages: says({ text: TEXT }) })).text,
    thrown: (error) => `${error?.$metadata?.httpStatusCode} ${error?.name}`,
  };
}
