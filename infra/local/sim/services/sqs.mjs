// Serves SQS on 127.0.0.1 and prints its address. Messages stay in memory.
import { buildApp } from "fauxqs";

// SQS accepts #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF. fauxqs
// refuses the last range, which emoji are in. Source: SendMessage in the SQS API reference.
const { INVALID_MESSAGE_BODY_CHAR } = await import(new URL("sqs/sqsTypes.js", import.meta.resolve("fauxqs")));
const refused = /[^\x09\x0A\x0D\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
INVALID_MESSAGE_BODY_CHAR.test = (text) => refused.test(text);

const app = buildApp({ logger: false });

// SQS keeps the X-Ray header of the request that sent a message, and returns it as the system
// attribute AWSTraceHeader. Lambda counts recursive loops by this header. fauxqs does not keep
// it. Source: "Amazon SQS and AWS X-Ray" in X-Ray's developer guide.
const mostTraces = 100_000;
const traces = new Map(); // by the message's id, the oldest first

app.addHook("onSend", async (request, reply, payload) => {
  const action = String(request.headers["x-amz-target"]).replace("AmazonSQS.", "");
  if (reply.statusCode !== 200) return payload;
  if (action.startsWith("SendMessage") && request.headers["x-amzn-trace-id"]) {
    const answer = JSON.parse(payload);
    for (const { MessageId } of answer.Successful ?? [answer]) {
      traces.set(MessageId, decodeURIComponent(request.headers["x-amzn-trace-id"]));
      if (traces.size > mostTraces) traces.delete(traces.keys().next().value);
    }
  }
  const wanted = request.body?.MessageSystemAttributeNames ?? request.body?.AttributeNames ?? [];
  if (action !== "ReceiveMessage" || !["All", "AWSTraceHeader"].some((name) => wanted.includes(name))) return payload;
  const answer = JSON.parse(payload);
  for (const message of answer.Messages ?? []) {
    if (traces.has(message.MessageId)) message.Attributes = { ...message.Attributes, AWSTraceHeader: traces.get(message.MessageId) };
  }
  return JSON.stringify(answer);
});

console.log(await app.listen({ host: "127.0.0.1", port: 0 }));
