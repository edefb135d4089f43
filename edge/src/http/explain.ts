/** Turns a zod error into the one catalogue error that tells a caller most: which field, what is wrong, what is expected. */
import { ApiError, ERRORS, type ErrorCode } from "@sightline/shared/errors";
import type { z } from "zod";

/** A field name of the caller's is repeated up to this length. */
const MAX_NAME = 100;

type Issue = z.core.$ZodIssue;

/** `["items", 3, "id"]` → `items[3].id` */
function fieldName(path: readonly PropertyKey[]): string | null {
  if (path.length === 0) return null;
  return path.reduce<string>(
    (name, key) => (typeof key === "number" ? `${name}[${key}]` : name === "" ? String(key) : `${name}.${String(key)}`),
    "",
  );
}

export function explain(error: z.ZodError): ApiError {
  const issue = error.issues[0];
  return issue ? explainIssue(issue, []) : new ApiError("invalid_request");
}

function explainIssue(issue: Issue, parents: readonly PropertyKey[]): ApiError {
  const path = [...parents, ...issue.path];
  if (issue.code === "invalid_union") {
    const firsts = issue.errors.map((issues) => issues[0]).filter((first) => first !== undefined);
    if (firsts.length > 0 && firsts.every(isMissing)) {
      const names = firsts.map((first) => first.path.join("."));
      return apiError("invalid_request", path, `needs one of ${[...new Set(names)].join(", ")}`);
    }
    const branch = bestBranch(issue.errors);
    return branch
      ? explainIssue(branch, path)
      : apiError("invalid_request", path, "has a value of none of the accepted forms");
  }
  if (issue.code === "unrecognized_keys") {
    const key = (issue.keys[0] ?? "").slice(0, MAX_NAME);
    return apiError("unknown_field", [...path, key], "is not a field of this request");
  }
  return apiError(codeOf(issue), path, issue.message);
}

function apiError(code: ErrorCode, path: readonly PropertyKey[], what: string): ApiError {
  const param = fieldName(path);
  return new ApiError(code, { param, message: `${param ?? "The body"}: ${what.replace(/\.$/, "")}.` });
}

function codeOf(issue: Issue): ErrorCode {
  if (issue.code === "custom") {
    const code: unknown = issue.params?.code;
    return typeof code === "string" && code in ERRORS ? (code as ErrorCode) : "invalid_request";
  }
  if (issue.code === "too_big" && issue.origin === "array") return "too_many_inputs";
  if (issue.code === "too_small" && issue.origin === "array") return "empty_input";
  return "invalid_request";
}

/** The field is not there at all. */
function isMissing(issue: Issue): boolean {
  if (issue.path.length === 0) return false;
  if (issue.code === "invalid_union") {
    return issue.errors.every(([first]) => first?.message.endsWith("received undefined"));
  }
  return issue.message.endsWith("received undefined");
}

/**
 * Of a union's branches, the one that the caller most likely meant: whose first issue lies deepest; at equal depth, one
 * that got past the type of the value (an unknown field or a failed rule says more than «expected string»).
 */
function bestBranch(branches: readonly (readonly Issue[])[]): Issue | undefined {
  const score = (issue: Issue): number => {
    const depth = issue.path.length * 4;
    if (issue.code === "invalid_union") {
      const inner = bestBranch(issue.errors);
      return depth + (inner ? score(inner) : 0);
    }
    if (issue.code === "invalid_type" && issue.path.length === 0) return 0;
    // A branch that lacks a field altogether is less likely meant than one whose field is wrong.
    if (isMissing(issue)) return 1;
    return depth + (issue.code === "unrecognized_keys" ? 1 : 2);
  };
  return branches
    .map((issues) => issues[0])
    .filter((issue) => issue !== undefined)
    .sort((a, b) => score(b) - score(a))[0];
}
