/** The curl command that sends an operation: the key and the pictures are taken from the caller's own machine. */
import { endpointOf, type Operation } from "../api/operations.ts";
import type { FileNameOf } from "./pictures.ts";

/** Stands in the JSON for a picture until the JSON has been escaped for the shell; no text can hold it. */
const MARK = "\u0000";

/** @param baseUrl with a slash at its end. @returns a command for sh. */
export function toCurl(operation: Operation, baseUrl: string, fileNameOf: FileNameOf): string {
  const { method, path } = endpointOf(operation);
  const used: string[] = [];
  const json = JSON.stringify(
    operation.body,
    (_field, value: unknown) => {
      const file = fileNameOf(value);
      if (file === undefined) return value;
      used.push(file);
      return MARK;
    },
    2,
  );
  return [
    `curl ${method === "POST" ? "" : `-X ${method} `}${quoted(baseUrl + path)} \\`,
    `  -H "Authorization: Bearer $SIGHTLINE_API_KEY" \\`,
    `  -H "Content-Type: application/json" \\`,
    // Without pictures nothing in the JSON has a meaning for the shell.
    used.length === 0 ? `  -d @- <<'JSON'\n${json}` : `  -d @- <<JSON\n${withFiles(json, used)}`,
    "JSON",
  ].join("\n");
}

/** Escapes what an unquoted here-document would expand (POSIX shell, 2.7.4), and lets it read the files. */
function withFiles(json: string, files: readonly string[]): string {
  const parts = json.replaceAll(/[\\$`]/g, "\\$&").split(JSON.stringify(MARK).replaceAll("\\", "\\\\"));
  return parts.reduce((text, part, n) => `${text}"$(base64 < ${quoted(files[n - 1] ?? "")} | tr -d '\\n')"${part}`);
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
