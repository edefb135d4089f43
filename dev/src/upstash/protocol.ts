/** Upstash's REST dialect: request bodies to commands, replies to JSON. https://upstash.com/docs/redis/features/restapi */
import { z } from "zod";
import { type ByteString, type Command, CommandError, encodeText, type Reply, Status, toBytes } from "./reply.ts";

/** Commands are spread into function arguments, and the stack bounds those. */
const MAX_ARGUMENTS = 65_536;

/** @upstash/redis leaves numbers and booleans unquoted. */
const Argument = z.union([z.string(), z.number(), z.boolean()]).transform((value) => encodeText(String(value)));
const CommandBody = z
  .array(Argument)
  .min(1)
  .max(MAX_ARGUMENTS)
  .transform((parts) => parts as unknown as Command);
const BatchBody = z.array(CommandBody).min(1);

/** `result` is a string, a number, null, or a list of these. */
export type Answer = { readonly result: unknown } | { readonly error: string };

/** Set by the request header `Upstash-Encoding: base64`, which the JavaScript client sends by default. */
export type Encoding = "utf8" | "base64";

/** @throws CommandError if the body is not a JSON array that names a command. */
export function parseCommand(body: Uint8Array): Command {
  const parsed = CommandBody.safeParse(parseJson(body));
  if (!parsed.success) throw new CommandError("ERR failed to parse the command: expected a JSON array of strings");
  return parsed.data;
}

/** @throws CommandError if the body is not a non-empty JSON array of commands. */
export function parseBatch(body: Uint8Array): readonly Command[] {
  const parsed = BatchBody.safeParse(parseJson(body));
  if (!parsed.success) throw new CommandError("ERR failed to parse the commands: expected a JSON array of commands");
  return parsed.data;
}

export function toAnswer(reply: Reply, encoding: Encoding): Answer {
  if (reply instanceof CommandError) return { error: reply.message };
  return { result: isOk(reply) ? "OK" : encodeResult(reply, encoding) };
}

/** Upstash leaves a bare OK as it is under base64; inside a list it is encoded, and the client counts on both. */
function isOk(reply: Reply): boolean {
  return reply instanceof Status ? reply.text === "OK" : reply === "OK";
}

function encodeResult(reply: Reply, encoding: Encoding): unknown {
  if (reply === null || typeof reply === "number") return reply;
  if (typeof reply === "string") return encodeString(reply, encoding);
  if (reply instanceof Status) return encodeString(reply.text, encoding);
  if (reply instanceof CommandError) return encodeString(encodeText(reply.message), encoding);
  return reply.map((element) => encodeResult(element, encoding));
}

function encodeString(value: ByteString, encoding: Encoding): string {
  return toBytes(value).toString(encoding);
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new CommandError("ERR failed to parse the body: not JSON in UTF-8");
  }
}
