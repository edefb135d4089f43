/** `--filter`: a condition as a person writes it (`price<5`), or the API's own JSON for all that cannot be said so. */
import { InvalidArgumentError } from "commander";
import type { Filter, FilterCondition } from "../collection-types.ts";

const OPERATORS = { "=": "eq", "!=": "ne", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte" } as const;
type Sign = keyof typeof OPERATORS;

/** Of several all have to hold: commander gives what the earlier ones made. @throws InvalidArgumentError that says how it is written. */
export function filterOf(text: string, before?: Filter): Filter {
  const filter = text.trimStart().startsWith("{") ? fromJson(text) : conditionOf(text);
  return before === undefined ? filter : { all: [before, filter] };
}

function conditionOf(text: string): FilterCondition {
  const [, field, sign, value] = /^([^=!<>]+)(!=|<=|>=|=|<|>)(.*)$/su.exec(text) ?? [];
  if (field === undefined || sign === undefined || value === undefined) {
    throw new InvalidArgumentError('It is neither JSON nor like colour=red, price<5 or size!="10".');
  }
  const operator = OPERATORS[sign as Sign];
  const operand = scalarOf(value.trim());
  if (operator !== "eq" && operator !== "ne" && typeof operand !== "number") {
    throw new InvalidArgumentError(`${sign} compares with a number.`);
  }
  return { field: field.trim(), [operator]: operand };
}

/** Numbers, true and false are what they look like; in double quotes they are texts, as everything else is without. */
function scalarOf(text: string): string | number | boolean {
  if (/^(-?\d+(\.\d+)?(e[+-]?\d+)?|true|false|".*")$/isu.test(text)) {
    try {
      return JSON.parse(text) as string | number | boolean;
    } catch {
      // 007, TRUE or "a"b": texts after all.
    }
  }
  return text;
}

function fromJson(text: string): Filter {
  try {
    return JSON.parse(text) as Filter;
  } catch {
    throw new InvalidArgumentError("It is not JSON.");
  }
}
