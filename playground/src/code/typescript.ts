/** The same operation by the SDK; its fields are the API's own, so the body is nearly the argument. */
import type { Operation } from "../api/operations.ts";
import type { FileNameOf } from "./pictures.ts";

/** @param baseUrl where the API answers, without a slash at its end. @returns a module for Node. */
export function toTypeScript(operation: Operation, baseUrl: string, fileNameOf: FileNameOf): string {
  const code = (value: unknown): string => literal(value, fileNameOf);
  return [
    'import { Sightline } from "sightline";',
    "",
    "// The key comes from SIGHTLINE_API_KEY.",
    `const sightline = new Sightline({ baseUrl: ${JSON.stringify(baseUrl)} });`,
    callOf(operation, code),
  ].join("\n");
}

function callOf(operation: Operation, code: (value: unknown) => string): string {
  switch (operation.kind) {
    case "search": {
      const { query, ...options } = operation.body;
      const call = `collection(${code(operation.collection)}).search(${code(query)}, ${code(options)})`;
      return `const { results } = await sightline.${call};\nconsole.log(results);`;
    }
    case "add": {
      const call = `collection(${code(operation.collection)}).upsert(${code(operation.body.items)})`;
      return `const { succeeded, results } = await sightline.${call};\nconsole.log(succeeded, results);`;
    }
    case "classify":
      return `const { data } = await sightline.classify(${code(operation.body)});\nconsole.log(data[0].labels);`;
    case "rank":
      return `const { results } = await sightline.rank(${code(operation.body)});\nconsole.log(results);`;
    case "entail":
      return `const { label, scores } = await sightline.entail(${code(operation.body)});\nconsole.log(label, scores);`;
    case "embed":
      return `const { vectors } = await sightline.embed(${code(operation.body.input)});\nconsole.log(vectors);`;
  }
}

const WIDTH = 90;

/** A JavaScript expression; `{image: <picture>}` becomes `{file: <its name>}`. Short ones stay on their line. */
function literal(value: unknown, fileNameOf: FileNameOf, indent = ""): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const deeper = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((element) => literal(element, fileNameOf, deeper))
    : Object.entries(value).flatMap(([field, content]) => {
        if (content === undefined) return [];
        const file = field === "image" ? fileNameOf(content) : undefined;
        if (file !== undefined) return [`file: ${JSON.stringify(file)}`];
        return [`${property(field)}: ${literal(content, fileNameOf, deeper)}`];
      });
  const [open, close, pad] = Array.isArray(value) ? ["[", "]", ""] : ["{", "}", " "];
  if (parts.length === 0) return open + close;
  const line = `${open}${pad}${parts.join(", ")}${pad}${close}`;
  if (indent.length + line.length <= WIDTH && !line.includes("\n")) return line;
  return `${open}\n${parts.map((part) => `${deeper}${part},\n`).join("")}${indent}${close}`;
}

const property = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));
