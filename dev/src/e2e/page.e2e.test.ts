/** The page in a real browser, against the stack as a user starts it. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { loadEmojiSamples, renderEmoji } from "../emoji.ts";
import { hasBrowser, openBrowser } from "../testing/browser.ts";
import { type Stack, startStack } from "../testing/stack.ts";

describe.skipIf(!hasBrowser())("the page", () => {
  let stack: Stack;
  let browser: Browser;
  let page: Page;
  /** What the browser complained about: scripts, policy, requests. */
  const complaints: string[] = [];

  beforeAll(async () => {
    stack = await startStack(inject("stackDir"));
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("request", (request) => {
      if (!/^(blob:|data:)/.test(request.url()) && !request.url().startsWith(stack.url)) complaints.push(request.url());
    });
    await page.goto(stack.url);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.end("SIGINT");
  });

  const firstNames = () => page.getByTestId("card").locator(".card-name").allTextContents();

  it("finds pictures by words, with the expected one in front", async () => {
    await page.getByTestId("search-box").fill("red apple");
    await page.getByTestId("card").filter({ hasText: "red apple" }).waitFor();
    expect((await firstNames()).slice(0, 5)).toContain("red apple");
    await page.waitForFunction(() =>
      [...document.querySelectorAll<HTMLImageElement>(".card img")].slice(0, 4).every((img) => img.naturalWidth > 0),
    );
    expect(await page.getByTestId("status").textContent()).toMatch(/\d/);
  });

  it("finds pictures like one of the results", async () => {
    const before = await firstNames();
    await page.getByTestId("more-like-this").first().click();
    await page.getByTestId("active-query").waitFor();
    await expect.poll(firstNames).not.toEqual(before);
  });

  it("finds a picture by itself", async () => {
    const rocket = (await loadEmojiSamples()).find(({ id }) => id === "1f680");
    const buffer = Buffer.from(await renderEmoji(rocket!));
    await page.getByTestId("picture-chooser").setInputFiles({ name: "rocket.png", mimeType: "image/png", buffer });
    await expect.poll(async () => (await firstNames())[0]).toBe("rocket");
  });

  it("shows the API's own message when something is wrong", async () => {
    const wrong = await browser.newPage();
    await wrong.goto(`${stack.url}/?collection=missing`);
    await wrong.getByTestId("search-box").fill("anything");
    await wrong.getByTestId("error").waitFor();
    expect(await wrong.getByTestId("error").textContent()).toContain('There is no collection "missing"');
    await wrong.close();
  });

  it("fits a phone", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });

  it("shows the API reference", async () => {
    await page.goto(`${stack.url}/docs`);
    await page.getByRole("heading", { name: "Embed texts and images" }).waitFor();
  });

  it("gave the browser nothing to complain about, and asked no other host", () => {
    expect(complaints).toEqual([]);
  });
});
