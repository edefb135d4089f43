/** Calls to the app inside workerd, with the keys and bindings of the test world. */
import { createExecutionContext, env as testEnv, waitOnExecutionContext } from "cloudflare:test";
import type { TestKey, WorldBindings } from "@sightline/shared/testing/edge-world";
import { createApp } from "../app.ts";
import type { Env } from "../env.ts";

/** The worker's bindings and the world's. */
export type TestEnv = Env & WorldBindings;

export const env = testEnv as unknown as TestEnv;

const { app } = createApp();

export interface CallOptions {
  readonly key?: TestKey | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Raw body; `json` is the usual one. */
  readonly body?: BodyInit;
  readonly json?: unknown;
  /** Another environment: its own isolate state, as a fresh isolate would have. */
  readonly env?: Env;
  readonly origin?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are inspected field by field in tests
export type Answer = { status: number; headers: Headers; body: any };

export async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const { key = "full", json, body = json === undefined ? undefined : JSON.stringify(json) } = options;
  const context = createExecutionContext();
  const request = new Request(`${options.origin ?? "https://api.test"}${path}`, {
    method,
    headers: {
      ...(key !== null && { authorization: `Bearer ${env.TEST_KEYS[key]}` }),
      ...(json !== undefined && { "content-type": "application/json" }),
      ...options.headers,
    },
    ...(body !== undefined && { body }),
  });
  const response = await app.fetch(request, options.env ?? { ...env }, context);
  const type = response.headers.get("content-type") ?? "";
  const answer: Answer = {
    status: response.status,
    headers: response.headers,
    body: type.includes("json") ? await response.json() : await response.arrayBuffer(),
  };
  await waitOnExecutionContext(context);
  return answer;
}

export const post = (path: string, json: unknown, options: CallOptions = {}) =>
  call("POST", path, { ...options, json });
export const put = (path: string, json: unknown, options: CallOptions = {}) => call("PUT", path, { ...options, json });
export const get = (path: string, options: CallOptions = {}) => call("GET", path, options);
export const del = (path: string, options: CallOptions = {}) => call("DELETE", path, options);

/** Sets how one of the world's servers behaves from now on. */
export async function setMode(serverUrl: string, mode: string): Promise<void> {
  await (await fetch(`${serverUrl}/mode/${mode}`, { method: "PUT" })).arrayBuffer();
}

/** What every error looks like, and that it says no more. */
export function expectError(answer: Answer, status: number, code: string, param: string | null = null): void {
  const { error } = answer.body;
  if (answer.status !== status || error?.code !== code || error.param !== param) {
    throw new Error(`expected ${status} ${code} at ${param}, got ${answer.status} ${JSON.stringify(answer.body)}`);
  }
  if (answer.headers.get("x-request-id") !== error.request_id)
    throw new Error("the request id of body and header differ");
  if (/\.ts\b|\/src\/|node_modules|Error:|\n\s+at /.test(error.message))
    throw new Error(`the message leaks: ${error.message}`);
}
