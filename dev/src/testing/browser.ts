/** Debian's chromium for browser tests. */
import { accessSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { isHere } from "./needs.ts";

const PATH = process.env.CHROMIUM ?? "/usr/bin/chromium";

export const hasBrowser = (): boolean =>
  isHere(() => accessSync(PATH), `no browser at ${PATH}: install chromium, or say where it is with CHROMIUM=…`);

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
