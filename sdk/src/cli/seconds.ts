/** Durations as people write them. */
import { InvalidArgumentError } from "commander";

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** `90`, `90s`, `30m`, `12h`, `7d` in seconds. @throws InvalidArgumentError */
export function seconds(text: string): number {
  const [, amount, unit = "s"] = /^(\d{1,7})([smhd])?$/.exec(text) ?? [];
  if (amount === undefined) throw new InvalidArgumentError("It is not like 90s, 30m, 12h or 7d.");
  return Number(amount) * SECONDS[unit as keyof typeof SECONDS];
}
