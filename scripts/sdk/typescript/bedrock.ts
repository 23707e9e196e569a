/**
 * AWS's client of the Bedrock runtime, as it comes: it speaks HTTP/2 to whatever endpoint it is given. Driven by
 * ../http2.py: address and key as JSON in, statements and whether they hold as JSON out.
 */

import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";

const given = JSON.parse(await read(process.stdin)) as { url: string; key: string };
const client = new BedrockRuntimeClient({
  region: "us-east-1",
  endpoint: given.url,
  credentials: { accessKeyId: given.key, secretAccessKey: given.key },
  maxAttempts: 1,
});
const MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const TEXT = "say five words please [[answer:5]]";
const asked = (modelId: string) => ({ modelId, messages: [{ role: "user" as const, content: [{ text: TEXT }] }] });
const native = {
  modelId: MODEL,
  body: JSON.stringify({
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: 100,
    messages: [{ role: "user", content: TEXT }],
  }),
};
const found: [string, boolean][] = [];

const plain = await client.send(new ConverseCommand(asked(MODEL)));
found.push(["Converse answers with five tokens", plain.usage?.outputTokens === 5]);

let text = "";
let usage = 0;
for await (const event of (await client.send(new ConverseStreamCommand(asked(MODEL)))).stream ?? []) {
  text += event.contentBlockDelta?.delta?.text ?? "";
  usage = event.metadata?.usage?.outputTokens ?? usage;
}
found.push(["ConverseStream is whole", text.endsWith("$") && usage === 5]);

const answer = await client.send(new InvokeModelCommand(native));
found.push(["InvokeModel answers", JSON.parse(answer.body.transformToString()).usage.output_tokens === 5]);

let chunks = 0;
for await (const event of (await client.send(new InvokeModelWithResponseStreamCommand(native))).body ?? []) {
  chunks += event.chunk ? 1 : 0;
}
found.push(["its stream has chunks", chunks > 5]);

const many = await Promise.all([...Array(30)].map(() => client.send(new ConverseCommand(asked(MODEL)))));
found.push(["thirty calls at once are answered", many.every((one) => one.usage?.outputTokens === 5)]);

for (const [fault, error] of [
  ["throttle", "ThrottlingException"],
  ["error-503", "ServiceUnavailableException"],
]) {
  const seen = await client.send(new ConverseCommand(asked(`${MODEL}--${fault}`))).catch((thrown) => thrown.name);
  found.push([`${fault} is a ${error}: ${seen}`, seen === error]);
}
for (const fault of ["reset", "refuse"]) {
  const seen = await client.send(new ConverseCommand(asked(`${MODEL}--${fault}`))).then(
    () => "no error",
    (thrown) => String(thrown.message),
  );
  found.push([`${fault} breaks the call: ${seen}`, seen !== "no error"]);
}
const after = await client.send(new ConverseCommand(asked(MODEL)));
found.push(["and the client goes on afterwards", after.usage?.outputTokens === 5]);

console.log(JSON.stringify(found));
client.destroy();

async function read(stream: AsyncIterable<Buffer>) {
  let all = "";
  for await (const piece of stream) all += piece;
  return all;
}
