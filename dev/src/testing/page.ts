/** The page in a real browser, against the stack as a user starts it. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, inject } from "vitest";
import { loadEmojiSamples, renderEmoji } from "../emoji.ts";
import { openBrowser } from "./browser.ts";
import { type Stack, startStack } from "./stack.ts";

export interface PageWorld {
  readonly stack: Stack;
  /** A visitor of his own: nothing is kept from other visits. @param address what stands behind the page's own. */
  open(address?: string, options?: BrowserContextOptions): Promise<Page>;
  /** What browsers complained about so far: scripts, policy, requests to other hosts. */
  readonly complaints: string[];
}

/** Starts both before the tests of a `describe` and ends them after. @returns a world that is whole in tests only. */
export function pageWorld(): PageWorld {
  let stack: Stack | undefined;
  let browser: Browser | undefined;
  const complaints: string[] = [];

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(inject("stackDir")), openBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.end("SIGINT");
  });

  return {
    get stack() {
      if (!stack) throw new Error("the stack is there in tests only");
      return stack;
    },
    complaints,
    async open(address = "", options = {}) {
      if (!stack || !browser) throw new Error("the stack is there in tests only");
      const { url } = stack;
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-US", ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(`${message.text()} (${message.location().url})`);
      });
      page.on("request", (request) => {
        if (!/^(blob:|data:)/.test(request.url()) && !request.url().startsWith(url)) complaints.push(request.url());
      });
      await page.goto(`${url}/${address}`);
      return page;
    },
  };
}

/** A file as a browser's chooser hands it over. */
export interface ChosenFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** The drawing of an emoji. @param id code points in hex, for example `1f680`. */
export async function emojiFile(id: string, name: string): Promise<ChosenFile> {
  const sample = (await loadEmojiSamples()).find((one) => one.id === id);
  if (!sample) throw new Error(`there is no emoji ${id}`);
  return { name, mimeType: "image/png", buffer: Buffer.from(await renderEmoji(sample)) };
}

/** Names under the cards, in their order. */
export const cardNames = (page: Page): Promise<string[]> =>
  page.getByTestId("card").locator(".card-name").allTextContents();
