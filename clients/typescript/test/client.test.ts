// The tests talk to the scripted router, tests/clients/scripted_server.py, at MODELMUXER_TARGET.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Code } from "@connectrpc/connect";

import { createModelMuxerClient, ModelMuxerError, type ModelMuxerClient } from "../src/index.js";

const target = process.env.MODELMUXER_TARGET;
assert.ok(target, "MODELMUXER_TARGET does not say where the scripted router is");
const baseUrl = `http://${target}`;
const client = createModelMuxerClient({ baseUrl, apiKey: "test-key", timeoutMs: 10_000 });

function says(content: string) {
  return { messages: [{ role: "user", content }] };
}

/** The decoded error of a call that the script fails. */
async function failure(script: string, by: ModelMuxerClient = client): Promise<ModelMuxerError> {
  const thrown: unknown = await by.route(says(script)).then(() => assert.fail(`"${script}" did not fail`), (e) => e);
  return ModelMuxerError.from(thrown);
}

test("an answer comes with its cost and the decision", async () => {
  const answer = await client.chatCompletion(says("Hello"));

  assert.deepEqual(JSON.parse(answer.choices[0]?.message?.content ?? ""), says("Hello"));
  assert.equal(answer.cost?.picoUsd, 125_000_000n);
  assert.equal(answer.decision?.selectedModel, "gpt-6-luna");
});

test("a stream brings the answer in pieces and the decision last", async () => {
  let text = "";
  let selected: string | undefined;
  for await (const chunk of client.streamChatCompletion({ request: says("Hello") })) {
    text += chunk.choices[0]?.delta?.content ?? "";
    selected = chunk.decision?.selectedModel;
  }

  assert.deepEqual(JSON.parse(text), says("Hello"));
  assert.equal(selected, "gpt-6-luna");
});

test("a stream that breaks fails after what had arrived", async () => {
  const stream = client.streamChatCompletion({ request: says("break") })[Symbol.asyncIterator]();

  const first = await stream.next();
  const thrown: unknown = await stream.next().then(() => assert.fail("did not break"), (e) => e);

  assert.equal(first.value?.choices[0]?.delta?.content, "{");
  assert.equal(ModelMuxerError.from(thrown).reason, "PROVIDER_ERROR");
});

test("an error tells reason, status, text and details", async () => {
  const error = await failure("fail INSUFFICIENT_BUDGET");

  assert.equal(error.reason, "INSUFFICIENT_BUDGET");
  assert.equal(error.code, Code.ResourceExhausted);
  assert.equal(error.message, "No model fits the budget of $0.08.");
  assert.deepEqual({ ...error.details }, { limit: "0.08", estimate: "0.12" });
  assert.equal(error.retryAfterMs, undefined);
});

test("an error tells when to try again", async () => {
  assert.equal((await failure("fail SECURITY_RATE_LIMIT")).retryAfterMs, 1500);
});

test("an error tells which field is at fault", async () => {
  assert.equal((await failure("fail MISSING_FIELD")).field, "messages[0].role");
});

test("an error that is not the router's has no reason", async () => {
  const plain = await failure("fail plainly");

  assert.deepEqual([plain.reason, plain.code, plain.message], ["UNSPECIFIED", Code.Internal, "Something broke."]);
  assert.equal((await failure("fail foreign")).reason, "UNSPECIFIED");
  assert.equal((await failure("fail garbled")).reason, "UNSPECIFIED");
});

test("a missing or wrong key is refused", async () => {
  assert.equal((await failure("Hello", createModelMuxerClient({ baseUrl }))).reason, "INVALID_API_KEY");
  assert.equal((await failure("Hello", createModelMuxerClient({ baseUrl, apiKey: "wrong" }))).reason, "INVALID_API_KEY");
});

test("a deadline that passes here has no reason", async () => {
  const hasty = createModelMuxerClient({ baseUrl, apiKey: "test-key", timeoutMs: 100 });
  const thrown: unknown = await hasty.chatCompletion(says("wait")).then(() => assert.fail("did not pass"), (e) => e);

  const error = ModelMuxerError.from(thrown);
  assert.deepEqual([error.reason, error.code], ["UNSPECIFIED", Code.DeadlineExceeded]);
});

test("anything else that is thrown is an error without a reason, and a decoded error stays itself", () => {
  const error = ModelMuxerError.from(new Error("out of cheese"));

  assert.deepEqual([error.reason, error.code, error.message], ["UNSPECIFIED", Code.Unknown, "out of cheese"]);
  assert.equal(ModelMuxerError.from(error), error);
});
