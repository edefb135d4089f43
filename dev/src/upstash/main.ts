/** The REST front by itself, before a real Redis: for a deployment on one machine (compose.yaml). Ends on SIGTERM. */
import { z } from "zod";
import { startUpstash } from "./server.ts";

const { HOST, PORT, REDIS_URL, REDIS_TOKEN } = z
  .object({
    HOST: z.string().default("127.0.0.1"),
    PORT: z.coerce.number().int().min(0).max(65_535).default(8079),
    REDIS_URL: z.url({ protocol: /^rediss?$/ }),
    /** What the worker sends as `Authorization: Bearer <token>`. */
    REDIS_TOKEN: z.string().min(32),
  })
  .parse(process.env);

const server = await startUpstash({
  host: HOST,
  port: PORT,
  token: REDIS_TOKEN,
  backing: { kind: "redis", url: REDIS_URL },
});
console.log(`listening on ${server.url}`);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => void server.close().then(() => process.exit(0)));
}
