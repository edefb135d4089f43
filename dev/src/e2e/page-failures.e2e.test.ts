/** The page when something is wrong: it says what the API says, and what to do. */
import type { Page } from "playwright-core";
import { afterEach, describe, expect, it } from "vitest";
import { loadEmojiSamples, renderEmoji } from "../emoji.ts";
import { hasBrowser } from "../testing/browser.ts";
import { cardNames, emojiFile, pageWorld } from "../testing/page.ts";

describe.skipIf(!hasBrowser())("the page", () => {
  const world = pageWorld();
  let page: Page;
  afterEach(() => page?.context().close());

  const error = () => page.getByTestId("error");
  const search = (words: string) => page.getByTestId("search-box").fill(words);

  it("names a collection that is not there", async () => {
    page = await world.open("#/search?in=missing&q=anything");
    await error().filter({ hasText: 'There is no collection "missing"' }).waitFor();
    expect(await error().textContent()).toMatch(/Request req_\w+/);
  });

  it("says that there is no connection, and goes on once there is", async () => {
    page = await world.open();
    await page.getByTestId("card").first().waitFor();
    await page.context().setOffline(true);
    await search("red apple");
    await error().filter({ hasText: "No connection" }).waitFor();
    await page.context().setOffline(false);
    await expect.poll(async () => (await cardNames(page))[0]).toBe("red apple");
  });

  it("asks for a key where none is offered, and says what the API has against a wrong one", async () => {
    page = await world.open("healthz");
    // As a deployment answers.
    await page.route("**/dev/session", (route) => route.fulfill({ status: 404, body: "{}" }));
    await page.goto(world.stack.url);
    const form = page.getByTestId("key-form");
    await form.filter({ hasText: "Enter an API key" }).waitFor();
    const enter = async (key: string): Promise<void> => {
      await form.locator("input").fill(key);
      await form.getByRole("button", { name: "Use key" }).click();
    };
    await search("red apple");
    // As a chat or a document hands a key on: no header can carry it.
    await enter("“sl_dev_0123”");
    const complaint = () => form.locator("input").evaluate((field: HTMLInputElement) => field.validationMessage);
    expect(await complaint()).toContain("curly quotes");
    expect(await form.count()).toBe(1);
    await enter("sl_dev_wrong");
    await form.filter({ hasText: "The API key is missing or not valid." }).waitFor();
    await enter(world.stack.apiKey);
    await expect.poll(async () => (await cardNames(page))[0]).toBe("red apple");
    expect(await form.count()).toBe(0);
  });

  it.each([
    [
      "too large",
      "scan.tiff",
      Buffer.alloc(11 * 1024 * 1024, 7),
      /“scan.tiff” has 11 MB; .* up to 10 MB\. Scale it down/,
    ],
    [
      "no picture",
      "notes.png",
      Buffer.from("no picture"),
      /not an image of an accepted format\. Convert the image to JPEG/,
    ],
  ])("says what is wrong with a file that is %s", async (_, name, buffer, message) => {
    page = await world.open();
    await page
      .getByTestId("picture-chooser")
      .first()
      .setInputFiles([{ name, mimeType: "image/png", buffer }]);
    await error().filter({ hasText: message }).waitFor();
    expect(await error().locator("h2").textContent()).toBe("This picture cannot be used");
  });

  it("waits out a rate limit and goes on by itself", async () => {
    const key = await keyOfAFreeTenant();
    page = await world.open("healthz");
    await page.evaluate((value) => sessionStorage.setItem("sightline.api_key", value), key);
    await page.goto(`${world.stack.url}/#/entail?q=An+apple.`);
    await page.getByTestId("picture-chooser").setInputFiles([await emojiFile("1f34e", "apple.png")]);
    await page.getByTestId("verdict").waitFor();

    const ended = new AbortController();
    const flood = (async () => {
      const headers = { authorization: `Bearer ${key}` };
      while (!ended.signal.aborted) await (await fetch(`${world.stack.url}/v1/models`, { headers })).arrayBuffer();
    })();
    try {
      for (let n = 0; (await error().count()) === 0; n += 1) {
        await page.getByTestId("sentence").fill(`There are ${n} apples.`);
        await expect.poll(() => page.locator('[data-stale="false"], [data-testid=error]').count()).toBeGreaterThan(0);
      }
      expect(await error().textContent()).toMatch(/The limit is reached.*`Retry-After` says.*Trying again in \d+ s/);
    } finally {
      ended.abort();
      await flood;
    }
    await expect.poll(() => error().count()).toBe(0);
    await page.getByTestId("verdict").waitFor();
  });

  it("shows every picture of a grid on the smallest plan, and answers a search meanwhile", async () => {
    const key = await keyOfAFreeTenant();
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const call = (path: string, body?: object): Promise<Response> =>
      fetch(`${world.stack.url}/v1/${path}`, { headers, ...(body && { method: "PUT", body: JSON.stringify(body) }) });
    await call("collections/shots", {});
    const samples = (await loadEmojiSamples()).slice(0, 24);
    for (const some of [samples.slice(0, 12), samples.slice(12)]) {
      const pictures = await Promise.all(some.map(renderEmoji));
      const items = some.map(({ id }, n) => ({ id, image: Buffer.from(pictures[n] ?? []).toString("base64") }));
      expect((await call("collections/shots/items", { items })).status).toBe(200);
    }
    while ((await call("models")).status === 200);

    page = await world.open("healthz");
    await page.evaluate((value) => sessionStorage.setItem("sightline.api_key", value), key);
    await page.goto(`${world.stack.url}/#/search?in=shots`);
    await page.locator("[data-shown=true]").first().waitFor();
    await search("a happy face");
    await page.getByTestId("status").filter({ hasText: "24 results" }).waitFor();
    const shown = () => page.locator("[data-shown=true]").count();
    await expect.poll(shown, { timeout: 50_000, interval: 1000 }).toBe(24);
    expect(await page.locator(".no-picture").count()).toBe(0);
  }, 120_000);

  async function keyOfAFreeTenant(): Promise<string> {
    const post = async (path: string, body: object): Promise<{ key?: string }> => {
      const headers = { authorization: `Bearer ${world.stack.adminToken}`, "content-type": "application/json" };
      const response = await fetch(`${world.stack.url}/admin/v1/${path}`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(201);
      return (await response.json()) as { key?: string };
    };
    const id = `frugal-${Date.now()}`;
    await post("tenants", { id, plan: "free" });
    return (await post(`tenants/${id}/keys`, {})).key ?? "";
  }
});
