// Serves SQS on 127.0.0.1 and prints its address. Messages stay in memory.
import { buildApp } from "fauxqs";

const app = buildApp({ logger: false });
console.log(await app.listen({ host: "127.0.0.1", port: 0 }));
