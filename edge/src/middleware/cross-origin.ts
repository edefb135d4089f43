/**
 * @module The public API for pages of other origins (the Fetch standard's CORS protocol). A key travels in a header that a page has
 * to set itself, never in a cookie: no page can act for a visitor who did not give it a key.
 */
import { cors } from "hono/cors";

const DAY_SECONDS = 86_400;

/** Request headers are allowed as they are asked for: clients have some of their own, OpenAI's a dozen. */
export const crossOrigin = cors({
  origin: "*",
  allowMethods: ["GET", "HEAD", "PUT", "POST", "DELETE"],
  exposeHeaders: [
    "ETag",
    "Idempotency-Replayed",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Server-Timing",
    "Sightline-Cache",
    "X-Request-Id",
  ],
  maxAge: DAY_SECONDS,
});
