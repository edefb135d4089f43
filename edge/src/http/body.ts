/**
 * Request bodies: JSON everywhere; where an endpoint takes one image also multipart/form-data and, for embeddings, the
 * bare image. All forms become the same plain value before the schema sees it; image bytes stay bytes.
 */
import { ApiError } from "@sightline/shared/errors";
import { LIMITS } from "@sightline/shared/limits";
import type { Context } from "hono";
import type { z } from "zod";
import type { App } from "../context.ts";
import { deadlineIn } from "../deadline.ts";
import { structureOf } from "./body-structure.ts";
import { explain } from "./explain.ts";

/** Where the image of a multipart or bare-image request goes in the value that the schema parses. */
interface ImageForms {
  readonly multipart?: (image: Uint8Array) => Record<string, unknown>;
  readonly bare?: (image: Uint8Array) => Record<string, unknown>;
}

interface Reading extends ImageForms {
  /** A list whose elements are parsed, and refused, each alone: who does that asks `refuseOddShapes` of each. */
  readonly apart?: string;
}

/** @throws ApiError: invalid_json, unsupported_content_type, or what the schema has against the value. */
export async function readBody<T extends z.ZodType>(
  c: Context<App>,
  schema: T,
  { apart, ...forms }: Reading = {},
): Promise<z.infer<T>> {
  const type = (c.req.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const value = await readValue(c, type, forms);
  // Hono would keep the bytes for as long as the request lasts: of the largest body, a sixth of what an isolate may hold.
  c.req.bodyCache = {};
  // The time is for the work: how long the caller took to send it is no part of that.
  c.set("deadline", deadlineIn(LIMITS.deadlineMs));
  const whole = isContainer(value) && !Array.isArray(value);
  refuseOddShapes(whole && apart !== undefined ? { ...value, [apart]: undefined } : value);
  return check(schema, value);
}

export function check<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const result = schema.safeParse(value);
  if (!result.success) throw explain(result.error);
  return result.data;
}

async function readValue(c: Context<App>, type: string, forms: ImageForms): Promise<unknown> {
  if (type === "application/json" || type.endsWith("+json")) return readJson(c);
  if (type === "multipart/form-data" && forms.multipart) return readMultipart(c, forms.multipart);
  if (type.startsWith("image/") && forms.bare) return forms.bare(new Uint8Array(await c.req.arrayBuffer()));
  throw new ApiError("unsupported_content_type", {
    message:
      type === ""
        ? "The request has no Content-Type."
        : `The content type "${type.slice(0, 100)}" is not accepted here.`,
  });
}

async function readJson(c: Context<App>): Promise<unknown> {
  const bytes = await c.req.arrayBuffer();
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    refuseMuchStructure([text]);
    return JSON.parse(text);
  } catch (cause) {
    throw cause instanceof ApiError ? cause : new ApiError("invalid_json", { cause });
  }
}

/** @throws ApiError(body_too_large) */
function refuseMuchStructure(parts: readonly string[]): void {
  let left = LIMITS.bodyStructure + 1;
  for (const part of parts) left -= structureOf(part, left);
  if (left > 0) return;
  const message = `The body has more than ${LIMITS.bodyStructure} commas and opening brackets outside its texts.`;
  throw new ApiError("body_too_large", { message });
}

/** No request of ours is nearly as deep; recursive schemas would run out of stack on one that is much deeper. */
const MAX_DEPTH = 32;
/** A field name of the caller's is repeated up to this length. */
const MAX_NAME = 100;

/** Bytes of an image are an object too, but not one that nests. */
const isContainer = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !ArrayBuffer.isView(value);

/**
 * @param parent where in the request the value lies; absent for the body itself.
 * @throws ApiError for what a schema could not speak of: endless nesting, names that objects in JavaScript hide, and texts that are no
 *   Unicode, which JSON's escapes can write and stores cannot keep.
 */
export function refuseOddShapes(value: unknown, parent?: string): void {
  const oddity = oddityOf(value, MAX_DEPTH);
  if (oddity === undefined) return;
  const name = oddFieldOf(value)?.slice(0, MAX_NAME).toWellFormed();
  const param = [parent, name].filter((part) => part !== undefined).join(".") || null;
  throw new ApiError("invalid_request", { param, message: `${param ?? "The body"}: ${oddity}` });
}

/** No place in a list: where it has millions, naming them all would take more memory than they do. */
function oddFieldOf(value: unknown): string | undefined {
  if (!isContainer(value) || Array.isArray(value)) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  return Object.keys(fields).find((name) => oddityOf(fields[name], MAX_DEPTH - 1) !== undefined);
}

const HALF_CHARACTER = "half a character (a lone surrogate) is no text: send whole ones.";

function oddityOf(value: unknown, maxDepth: number): string | undefined {
  let level = [value];
  for (let depth = 0; ; depth++) {
    if (level.some((part) => typeof part === "string" && !part.isWellFormed())) return HALF_CHARACTER;
    const containers = level.filter(isContainer);
    if (containers.length === 0) return undefined;
    if (depth === maxDepth) return `nests too deep, more than ${MAX_DEPTH} levels.`;
    if (containers.some((one) => Object.hasOwn(one, "__proto__"))) return "no field can be called __proto__.";
    if (containers.some((one) => !Array.isArray(one) && Object.keys(one).some((name) => !name.isWellFormed())))
      return HALF_CHARACTER;
    level = containers.flatMap((one) => Object.values(one));
  }
}

/**
 * The file part `image` becomes bytes. Every other part is text; one that can only be JSON (a list, an object, a quoted
 * text) is parsed, and so are numbers and truth values of fields that take them.
 */
async function readMultipart(c: Context<App>, place: (image: Uint8Array) => Record<string, unknown>): Promise<unknown> {
  let form: FormData;
  try {
    form = await c.req.formData();
  } catch (cause) {
    throw new ApiError("invalid_request", { message: "The multipart body is malformed.", cause });
  }
  refuseMuchStructure(
    [...form].flatMap(([name, part]) => (typeof part === "string" && isJson(name, part) ? [part] : [])),
  );
  // Without a prototype, so that a part called `__proto__` is a field as in JSON, and refused like there, and no hidden parent.
  const value: Record<string, unknown> = Object.create(null);
  const put = (name: string, content: unknown): void => {
    if (Object.hasOwn(value, name)) {
      throw new ApiError("invalid_request", { param: name, message: `${name}: the multipart body says this twice.` });
    }
    value[name] = content;
  };
  for (const [name, part] of form) {
    if (typeof part === "string") {
      put(name, jsonOrText(name, part));
    } else if (name === "image") {
      for (const [field, content] of Object.entries(place(new Uint8Array(await part.arrayBuffer()))))
        put(field, content);
    } else {
      throw new ApiError("unknown_field", {
        param: name,
        message: `The file part is called "image", not "${name.slice(0, 100)}".`,
      });
    }
  }
  if (!form.getAll("image").some((part) => typeof part !== "string")) {
    throw new ApiError("invalid_request", {
      param: "image",
      message: "image: the multipart body has no such file part.",
    });
  }
  return value;
}

/** The fields that are numbers or truth values, in any endpoint that takes multipart; `body.test.ts` holds them to the schemas. */
export const SCALARS: ReadonlySet<string> = new Set(["top_k", "score_threshold", "distinct", "dimensions"]);

const isJson = (name: string, part: string): boolean => SCALARS.has(name) || /^\s*[[{"]/.test(part);

function jsonOrText(name: string, part: string): unknown {
  if (!isJson(name, part)) return part;
  try {
    return JSON.parse(part);
  } catch {
    return part;
  }
}
