/** What a person does with the page, panel by panel. */
import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hasBrowser } from "../testing/browser.ts";
import { cardNames, emojiFile, pageWorld } from "../testing/page.ts";

describe.skipIf(!hasBrowser())("the page", () => {
  const world = pageWorld();
  let page: Page;
  afterEach(() => page?.context().close());

  describe("search", () => {
    beforeEach(async () => {
      page = await world.open();
    });
    const searchFor = async (words: string, first: string): Promise<void> => {
      await page.getByTestId("search-box").fill(words);
      await expect.poll(async () => (await cardNames(page))[0]).toBe(first);
    };

    it("finds pictures by words, with the expected one in front, and says how", async () => {
      await searchFor("red apple", "red apple");
      await page.waitForFunction(() =>
        [...document.querySelectorAll<HTMLImageElement>(".card img")].slice(0, 4).every((img) => img.naturalWidth > 0),
      );
      expect(await page.getByTestId("status").first().textContent()).toMatch(/^24 results · \d+ ms · \S/);
    });

    it("finds a picture by itself, and takes words into account beside it", async () => {
      await page
        .getByTestId("picture-chooser")
        .first()
        .setInputFiles([await emojiFile("1f680", "mine.png")]);
      await expect.poll(async () => (await cardNames(page))[0]).toBe("rocket");
      await page.getByTestId("search-box").fill("a green plant");
      const mixes = async (): Promise<boolean> => {
        const names = (await cardNames(page)).slice(0, 8);
        return names.includes("rocket") && names.some((name) => /plant|tree|herb|leaf|seedling/.test(name));
      };
      await expect.poll(mixes).toBe(true);
    });

    it("takes a picture that is dropped or pasted", async () => {
      const { buffer } = await emojiFile("1f3b8", "guitar.png");
      const hand = (kind: "drop" | "paste"): Promise<void> =>
        page.evaluate(
          ([event, bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], `${event}.png`, { type: "image/png" }));
            const init = { bubbles: true, cancelable: true };
            document.body.dispatchEvent(
              event === "drop"
                ? new DragEvent("drop", { ...init, dataTransfer: transfer })
                : new ClipboardEvent("paste", { ...init, clipboardData: transfer }),
            );
          },
          [kind, [...buffer]] as const,
        );
      for (const kind of ["drop", "paste"] as const) {
        await hand(kind);
        await page
          .getByTestId("chip")
          .filter({ hasText: `${kind}.png` })
          .waitFor();
        await expect.poll(async () => (await cardNames(page))[0]).toBe("guitar");
      }
    });

    it("goes from a result to more like it, and back", async () => {
      await searchFor("red apple", "red apple");
      await page.getByTestId("more-like-this").first().click();
      await page.getByTestId("chip").filter({ hasText: "Like red apple" }).waitFor();
      await expect.poll(() => cardNames(page)).not.toContain("red apple");
      // The address says only the item's id.
      await page.reload();
      await page.getByTestId("chip").filter({ hasText: "Like red apple" }).waitFor();
      await page.goBack();
      await expect.poll(async () => (await cardNames(page))[0]).toBe("red apple");
      expect(await page.getByTestId("search-box").inputValue()).toBe("red apple");
    });

    it("leaves out what is not wanted: an item, and words", async () => {
      await searchFor("red apple", "red apple");
      await page.getByTestId("not-this").first().click();
      await page.getByTestId("chip").filter({ hasText: "Not red apple" }).waitFor();
      await expect.poll(() => cardNames(page)).not.toContain("red apple");
      const before = await cardNames(page);
      await page.getByTestId("without").fill("animal");
      await expect.poll(() => cardNames(page)).not.toEqual(before);
    });

    it("narrows by metadata and kind, and says all of it in its address", async () => {
      await searchFor("red apple", "red apple");
      const facet = page.getByTestId("facet").filter({ hasText: "food-drink" });
      await facet.click();
      await expect.poll(() => facet.getAttribute("aria-pressed")).toBe("true");
      await page.getByText("Texts", { exact: true }).click();
      await page.getByTestId("nothing").waitFor();
      await page.getByText("Pictures", { exact: true }).click();
      await expect.poll(async () => (await cardNames(page)).length).toBe(24);

      const names = await cardNames(page);
      await expect.poll(() => page.url()).toMatch(/q=red\+apple.*where=group.*kind=image/);
      const address = new URL(page.url());
      await page.context().close();
      page = await world.open(address.hash);
      await expect.poll(() => cardNames(page)).toEqual(names);
    });

    it("has pictures verified against the words", async () => {
      await searchFor("red apple", "red apple");
      await page.getByTestId("verify").check();
      await expect.poll(() => page.getByTestId("card-verdict").first().getAttribute("data-label")).toBe("yes");
    });
  });

  it("adds a folder to a new collection, names what is refused, and goes on after an interruption", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "pictures "));
    const put = async (file: string, id: string): Promise<void> =>
      writeFile(join(folder.path, file), (await emojiFile(id, file)).buffer);
    await mkdir(join(folder.path, "fruit"));
    await Promise.all([put("rocket.png", "1f680"), put("fruit/apple.png", "1f34e")]);
    await writeFile(join(folder.path, "broken.png"), "no picture");
    await writeFile(join(folder.path, "notes.txt"), "no picture either");

    page = await world.open("#/add");
    await page.getByTestId("add-collection").locator("option[value=emoji]").waitFor({ state: "attached" });
    expect(await page.getByTestId("add-collection").inputValue(), "the samples' collection is nobody's own").toBe("");
    await page.getByTestId("new-collection").fill(`shots-${Date.now()}`);
    const phase = () => page.getByTestId("upload").getAttribute("data-phase");
    const chosen = () => page.getByTestId("chosen").textContent();
    await page.getByTestId("folder-chooser").setInputFiles(folder.path);
    await expect.poll(chosen).toBe("3 pictures chosen · 1 other file is left out");
    // No call that writes is let through before the pause.
    await page.route("**/items", (route) => (route.request().method() === "PUT" ? undefined : route.continue()));
    await page.getByTestId("start").click();
    await expect.poll(phase).toBe("running");
    await page.getByTestId("pause").click();
    await expect.poll(phase).toBe("paused");
    await page.unroute("**/items");
    await page.getByTestId("start").click();
    await expect.poll(phase).toBe("done");
    expect(await page.getByTestId("refusal").textContent()).toMatch(
      /^pictures .*\/broken\.png .*not an image of an accepted format/,
    );

    await put("dog.png", "1f415");
    await page.getByTestId("folder-chooser").setInputFiles(folder.path);
    await expect.poll(chosen).toContain("4 pictures chosen");
    await page.getByTestId("start").click();
    const status = () => page.getByTestId("upload-status").textContent();
    await expect.poll(status).toContain("Done 1 picture added, 2 there already, 1 refused");

    await page.getByRole("link", { name: "Search them" }).click();
    await page.getByTestId("search-box").fill("a fruit");
    await expect.poll(async () => (await cardNames(page))[0]).toBe("apple.png");
  });

  /** Drops files that the disk gives as late as the test says. @returns what gives them. */
  async function dropSlowly(...files: readonly { readonly name: string; readonly buffer: Buffer }[]) {
    const given = await page.evaluateHandle(
      (dropped) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        const entries = dropped.map(({ name, bytes }) => ({
          isFile: true,
          name,
          file: (give: (file: File) => void) => void promise.then(() => give(new File([new Uint8Array(bytes)], name))),
        }));
        const event = new DragEvent("drop", { bubbles: true, cancelable: true });
        // Files that a script drops are no entries of a file system.
        Object.defineProperty(event, "dataTransfer", {
          value: { types: ["Files"], items: entries.map((entry) => ({ webkitGetAsEntry: () => entry })), files: [] },
        });
        document.body.dispatchEvent(event);
        return resolve;
      },
      files.map(({ name, buffer }) => ({ name, bytes: [...buffer] })),
    );
    return () => given.evaluate((resolve) => resolve());
  }

  it("adds what was handed over last, and the same to another collection", async () => {
    const collection = `late-${Date.now()}`;
    page = await world.open(`#/add?new=${collection}`);
    const rocket = await emojiFile("1f680", "rocket.png");
    const folder = [await emojiFile("1f34e", "apple.png"), await emojiFile("1f415", "dog.png")];
    const chosen = () => page.getByTestId("chosen").textContent();
    const status = () => page.getByTestId("upload-status").textContent();
    const searchThem = page.getByRole("link", { name: "Search them" });

    const giveFolder = await dropSlowly(...folder);
    const giveRocket = await dropSlowly(rocket);
    await giveRocket();
    await expect.poll(chosen).toBe("1 picture chosen");
    await giveFolder();
    expect(await chosen()).toBe("1 picture chosen");

    // Another one, which is still being read when the upload begins, does not end it.
    const giveLate = await dropSlowly(...folder);
    const release = Promise.withResolvers<void>();
    await page.route("**/items", async (route) => {
      if (route.request().method() === "PUT") await release.promise;
      await route.continue();
    });
    await page.getByTestId("start").click();
    await expect.poll(() => page.getByTestId("upload").getAttribute("data-phase")).toBe("running");
    await giveLate();
    release.resolve();
    await expect.poll(status).toContain("Done 1 picture added, 0 there already, 0 refused");

    await page.getByTestId("new-collection").fill(`${collection}-too`);
    await page.getByTestId("start").waitFor();
    expect(await searchThem.count(), "nothing was added to this one").toBe(0);
    await page.getByTestId("new-collection").fill(collection);
    expect(await searchThem.getAttribute("href")).toBe(`#/search?in=${collection}`);
    await page.getByTestId("new-collection").fill(`${collection}-too`);
    await page.getByTestId("start").click();
    await expect.poll(status).toContain("Done 1 picture added");
    await searchThem.click();
    await expect.poll(() => cardNames(page)).toEqual(["rocket.png"]);
  });

  it("ends an upload when another key is used, and shows nothing that the former key could see", async () => {
    const complaints = world.complaints.length;
    page = await world.open("#/search?like=1f34e");
    await page.getByTestId("chip").filter({ hasText: "Like red apple" }).locator("[data-shown=true]").waitFor();
    await page.evaluate(() => {
      location.hash = `#/add?new=interrupted-${Date.now()}`;
    });
    await page.getByTestId("file-chooser").setInputFiles([await emojiFile("1f680", "rocket.png")]);
    const writes: string[] = [];
    await page.route("**/items", (route) => {
      // No answer to a write: the key changes while the call is under way.
      if (route.request().method() === "PUT") writes.push(route.request().headers().authorization ?? "");
      return route.request().method() === "PUT" ? undefined : route.continue();
    });
    await page.getByTestId("start").click();
    await expect.poll(() => writes.length).toBe(1);

    // As a deployment answers: nobody offers the demo key again.
    await page.route("**/dev/session", (route) => route.fulfill({ status: 404, body: "{}" }));
    await page.getByTestId("key-button").click();
    await page.getByTestId("key-form").locator("input").fill("sl_dev_other");
    await page.getByTestId("key-form").getByRole("button", { name: "Use key" }).click();
    await expect.poll(() => page.getByTestId("upload").getAttribute("data-phase")).toBe("cancelled");
    await page.evaluate(() => {
      location.hash = "#/search?in=emoji&like=1f34e";
    });
    await page.getByTestId("chip").filter({ hasText: "Like 1f34e" }).locator(".no-picture").waitFor();
    expect(writes).toEqual([`Bearer ${world.stack.apiKey}`]);
    // The browser complains of every 401.
    world.complaints.length = complaints;
  });

  it("classifies a picture as labels are edited", async () => {
    page = await world.open("#/classify?t=car&t=animal");
    await page
      .getByTestId("picture-chooser")
      .first()
      .setInputFiles([await emojiFile("1f415", "dog.png")]);
    const best = page.locator('[data-testid=row]:has([data-best="true"]) input');
    await expect.poll(() => best.inputValue()).toBe("animal");
    await page.getByLabel("Label 2").fill("fruit");
    await page.getByLabel("Label 1").fill("dog");
    await expect.poll(() => best.inputValue()).toBe("dog");
    // As Safari tells of the Enter that ends a composition, after its end.
    const isLeftToTheBrowser = await page
      .getByLabel("Label 2")
      .evaluate((field) =>
        field.dispatchEvent(
          new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true, cancelable: true }),
        ),
      );
    expect(isLeftToTheBrowser).toBe(true);
    await page.getByLabel("Label 2").press("Enter");
    await page.keyboard.type("vehicle");
    await expect.poll(() => page.url()).toContain("t=dog&t=fruit&t=vehicle");
  });

  it("ranks texts by words and by a picture", async () => {
    page = await world.open("#/rank?q=something+to+drive&t=a+tree&t=a+bus");
    const best = page.locator('[data-testid=row]:has([data-best="true"]) input');
    await expect.poll(() => best.inputValue()).toBe("a bus");
    await page
      .getByTestId("picture-chooser")
      .first()
      .setInputFiles([await emojiFile("1f333", "tree.png")]);
    await expect.poll(() => best.inputValue()).toBe("a tree");
    expect(await page.getByTestId("row").locator(".rank").allTextContents()).toEqual(["1.", "2."]);
  });

  it("judges a sentence about a picture", async () => {
    page = await world.open("#/entail?q=There+is+an+apple.");
    await page
      .getByTestId("picture-chooser")
      .first()
      .setInputFiles([await emojiFile("1f34e", "apple.png")]);
    const verdict = page.getByTestId("verdict");
    await expect.poll(() => verdict.getAttribute("data-label")).toBe("yes");
    await page.getByTestId("sentence").fill("There is a car.");
    await expect.poll(() => verdict.getAttribute("data-label")).toBe("no");
  });

  it("compares pictures and sentences in a table", async () => {
    page = await world.open("#/compare?t=a+guitar&t=a+dog&t=a+rocket&t=an+apple");
    const table = page.getByTestId("heat-map");
    await table.waitFor();
    const column = table.locator("tbody tr td:nth-child(2)");
    const cosines = (await column.allTextContents()).map(Number);
    // The first sample is the apple.
    expect(cosines.indexOf(Math.max(...cosines))).toBe(3);

    // There is room for three more: of many files that are dropped no others are read.
    const { buffer } = await emojiFile("1f415", "dog.png");
    const decoded = await page.evaluateHandle(
      ([bytes]) => {
        const calls: string[] = [];
        const decode = createImageBitmap;
        window.createImageBitmap = (...call: unknown[]) => {
          calls.push((call[0] as File).name);
          return Reflect.apply(decode, window, call);
        };
        const transfer = new DataTransfer();
        for (let n = 0; n < 40; n += 1) transfer.items.add(new File([new Uint8Array(bytes)], `${n}.png`));
        document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer }));
        return calls;
      },
      [[...buffer]] as const,
    );
    await expect.poll(() => page.locator("#main-panel-compare").getByTestId("chip").count()).toBe(6);
    expect(await decoded.jsonValue()).toEqual(["0.png", "1.png", "2.png"]);
  });

  it("can be used by the keyboard alone", async () => {
    page = await world.open();
    await page.getByRole("tab", { name: "Search" }).focus();
    // The browser's own way back and forward.
    await page.keyboard.press("Alt+ArrowRight");
    expect(await page.getByRole("tab", { name: "Search" }).evaluate((tab) => tab === document.activeElement)).toBe(
      true,
    );
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("End");
    expect(await page.getByRole("tab", { name: "Compare" }).evaluate((tab) => tab === document.activeElement)).toBe(
      true,
    );
    await page.getByRole("heading", { name: "Compare pictures and sentences" }).waitFor();
    await page.getByTestId("key-button").press("Enter");
    await page.getByLabel("API key", { exact: true }).last().press("Escape");
    expect(await page.getByTestId("key-form").count()).toBe(0);
    expect(await page.getByTestId("key-button").evaluate((button) => button === document.activeElement)).toBe(true);
    await page.keyboard.press("Enter");
    await page.keyboard.type(world.stack.apiKey);
    await page.keyboard.press("Enter");
    await page.getByTestId("key-form").waitFor({ state: "detached" });
    expect(await focused()).toBe("API key");
  });

  it("keeps the keyboard's place when a chip is taken away", async () => {
    page = await world.open("#/search?like=1f34e&not=1f345&not=1f352");
    const names = ["Like red apple", "Not tomato", "Not cherries"];
    await page.getByRole("button", { name: "Take away: Not cherries" }).waitFor();
    await page.getByRole("button", { name: `Take away: ${names[1]}` }).press("Enter");
    await expect.poll(focused).toBe(`Take away: ${names[2]}`);
    await page.keyboard.press("Enter");
    await expect.poll(focused).toBe(`Take away: ${names[0]}`);
    await page.keyboard.press("Enter");
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("type"))).toBe("search");

    await page.goto(`${world.stack.url}/#/rank`);
    const apple = await emojiFile("1f34e", "apple.png");
    await page.locator("#main-panel-rank").getByTestId("picture-chooser").setInputFiles([apple]);
    await page.getByRole("button", { name: "Remove apple.png" }).press("Enter");
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute("data-testid")))
      .toBe("rank-query");
  });

  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));

  it("shows the API reference", async () => {
    page = await world.open("docs");
    await page.getByRole("heading", { name: "Embed texts and images" }).waitFor();
  });

  it("gave the browser nothing to complain about, and asked no other host", () => {
    expect(world.complaints).toEqual([]);
  });
});
