/** Debian's chromium for browser tests; where there is none they are skipped aloud, and fail in CI. */
import { accessSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PATH = process.env.CHROMIUM ?? "/usr/bin/chromium";

export function hasBrowser(): boolean {
  try {
    accessSync(PATH);
    return true;
  } catch {
    if (process.env.CI) throw new Error(`no browser at ${PATH}: install chromium`);
    console.warn(`\n  SKIPPED: no browser at ${PATH}; install chromium, or say where it is with CHROMIUM=…\n`);
    return false;
  }
}

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: PATH,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
