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

/** @param parents where in the request the value lies that was parsed. */
export function explain(error: z.ZodError, parents: readonly PropertyKey[] = []): ApiError {
  const issue = mostTelling(error.issues);
  return issue ? explainIssue(issue, parents) : new ApiError("invalid_request");
}

/** A field that is misspelt leaves two traces: one is missing, one is unknown. The second says more. */
const mostTelling = (issues: readonly Issue[]): Issue | undefined =>
  issues[0] && isMissing(issues[0])
    ? (issues.find((issue) => issue.code === "unrecognized_keys") ?? issues[0])
    : issues[0];

function explainIssue(issue: Issue, parents: readonly PropertyKey[]): ApiError {
  const path = [...parents, ...issue.path];
  if (isMissing(issue)) return apiError("invalid_request", path, "is required");
  if (issue.code === "invalid_union" && !isUnknownKind(issue)) return explainUnion(issue.errors, path);
  if (issue.code === "unrecognized_keys") {
    const key = (issue.keys[0] ?? "").slice(0, MAX_NAME);
    return apiError("unknown_field", [...path, key], "is not a field of this request");
  }
  if (issue.code === "invalid_key") {
    const name = String(issue.path.at(-1) ?? "").slice(0, MAX_NAME);
    const why = issue.issues[0]?.message ?? issue.message;
    return apiError("invalid_request", path.slice(0, -1), `the name "${name}" cannot be used: ${why}`);
  }
  return apiError(codeOf(issue), path, issue.message);
}

type UnionIssue = Extract<Issue, { code: "invalid_union" }>;

/** The field that tells the kinds of a discriminated union apart (`type`) names none of them, or is not there. */
const isUnknownKind = ({ errors }: UnionIssue): boolean => errors.length === 0;

function explainUnion(branches: readonly (readonly Issue[])[], path: readonly PropertyKey[]): ApiError {
  const firsts = branches.map((issues) => issues[0]).filter((first) => first !== undefined);
  const otherTypes = firsts.filter((first) => !isWrongType(first));
  if (otherTypes.length === 0) {
    return apiError("invalid_request", path, `expected ${[...new Set(firsts.flatMap(expectedTypes))].join(" or ")}`);
  }
  if (otherTypes.every(isMissing)) {
    const unknown = branches.map(mostTelling).find((issue) => issue?.code === "unrecognized_keys");
    const names = [...new Set(otherTypes.map((first) => first.path.join(".")))];
    if (
      unknown &&
      branches.every((issues) => issues.length === 0 || isWrongType(issues[0]) || has(issues, "unrecognized_keys"))
    ) {
      return explainIssue(unknown, path);
    }
    return names.length === 1
      ? apiError("invalid_request", [...path, ...(otherTypes[0]?.path ?? [])], "is required")
      : apiError("invalid_request", path, `needs one of ${names.join(", ")}`);
  }
  const branch = bestBranch(branches);
  return branch
    ? explainIssue(branch, path)
    : apiError("invalid_request", path, "has a value of none of the accepted forms");
}

const has = (issues: readonly Issue[], code: Issue["code"]): boolean => issues.some((issue) => issue.code === code);

/** The value itself, not something in it, has a type that this branch cannot take. */
function isWrongType(issue: Issue | undefined): boolean {
  if (!issue || issue.path.length > 0) return false;
  if (issue.code === "invalid_union") return issue.errors.every(([first]) => isWrongType(first));
  return issue.code === "invalid_type";
}

function expectedTypes(issue: Issue): string[] {
  if (issue.code === "invalid_union") return issue.errors.flatMap(([first]) => (first ? expectedTypes(first) : []));
  return issue.code === "invalid_type" ? [issue.expected] : [];
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
const isMissing = (issue: Issue): boolean => issue.path.length > 0 && isUndefined(issue);

/** What was looked at is undefined, in every branch that looked. */
const isUndefined = (issue: Issue): boolean =>
  issue.code === "invalid_union" && !isUnknownKind(issue)
    ? issue.errors.every(([first]) => first !== undefined && first.path.length === 0 && isUndefined(first))
    : issue.message.endsWith("received undefined");

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
