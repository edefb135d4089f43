/**
 * Whether everybody can read the page: axe on each panel in both themes, a phone, Chinese.
 * `SCREENSHOTS=docs/images npx vitest run --project e2e dev/src/e2e/page-looks` makes the pictures of the README again.
 */
import { join } from "node:path";
import axe, { type AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { afterEach, describe, expect, it } from "vitest";
import { ROOT } from "../settings.ts";
import { hasBrowser } from "../testing/browser.ts";
import { pageWorld } from "../testing/page.ts";

/** Addresses, and what is there once the panel shows an answer. */
const PANELS = {
  search: ["#/search?q=red+fruit&not=1f345&verify=1", "[data-testid=card-verdict]"],
  browsing: ["#/search", "[data-testid=card]"],
  add: ["#/add?new=holiday", "[data-testid=new-collection]"],
  classify: ["#/classify", "[data-best=true] .bar-share"],
  rank: ["#/rank", "[data-best=true] .bar-share"],
  entail: ["#/entail", "[data-testid=verdict]"],
  compare: ["#/compare", "[data-testid=heat-map]"],
  failure: ["#/search?in=missing&q=a", "[data-testid=error]"],
} as const;

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } as const;

describe.skipIf(!hasBrowser())("the page", () => {
  const world = pageWorld();
  let page: Page;
  afterEach(() => page?.context().close());

  const go = async (panel: keyof typeof PANELS): Promise<void> => {
    const [address, answer] = PANELS[panel];
    await page.evaluate((hash) => {
      location.hash = hash;
    }, address);
    await page.locator(`.panel:not([hidden]) ${answer}`).first().waitFor();
  };

  /** What axe has against what is seen, of those that keep somebody from using the page. */
  async function findings(): Promise<string[]> {
    // Evaluated by the debugger, which no content security policy holds up.
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate<AxeResults>("axe.run({ resultTypes: ['violations'] })");
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  }

  it.each(["light", "dark"] as const)("keeps nobody out: axe on every panel, %s", async (colorScheme) => {
    page = await world.open("", { colorScheme, reducedMotion: "reduce" });
    for (const panel of Object.keys(PANELS) as (keyof typeof PANELS)[]) {
      await go(panel);
      for (const code of await page.locator(".panel:not([hidden]) summary").all()) await code.click();
      expect(await findings(), panel).toEqual([]);
    }
    await page.getByTestId("key-button").click();
    expect(await findings(), "key form").toEqual([]);
  });

  it("fits a phone, panel by panel", async () => {
    page = await world.open("", PHONE);
    for (const panel of Object.keys(PANELS) as (keyof typeof PANELS)[]) {
      await go(panel);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), panel).toBeLessThanOrEqual(
        0,
      );
    }
  });

  it("speaks Chinese where the browser does, and remembers what was chosen", async () => {
    page = await world.open("", { locale: "zh-CN" });
    await page.getByRole("heading", { name: "用文字搜索图片" }).waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("zh-Hans");
    await page.getByTestId("example").filter({ hasText: "笑脸" }).click();
    await page
      .getByTestId("status")
      .filter({ hasText: /24 个结果 · \d+ 毫秒/ })
      .waitFor();
    await page.getByTestId("language").click();
    await page.getByRole("heading", { name: "Search pictures with words" }).waitFor();
    await page.reload();
    expect(await page.locator("html").getAttribute("lang")).toBe("en");
  });

  it("is as light or dark as the system, until the person says otherwise", async () => {
    page = await world.open("", { colorScheme: "dark" });
    const ground = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(await ground()).toBe("rgb(19, 21, 23)");
    await page.getByTestId("theme").click();
    expect(await ground()).toBe("rgb(250, 249, 246)");
    await page.reload();
    await page.getByTestId("theme").waitFor();
    expect(await ground()).toBe("rgb(250, 249, 246)");
  });

  it.runIf(process.env.SCREENSHOTS)("has its pictures taken", async () => {
    const take = async (file: string): Promise<void> => {
      await page.waitForLoadState("networkidle");
      await page.screenshot({ path: join(ROOT, process.env.SCREENSHOTS ?? "", file) });
    };
    page = await world.open("#/search?q=sea+animal", { viewport: { width: 1280, height: 860 } });
    await page.locator("[data-shown=true]").nth(11).waitFor();
    await take("playground-search.png");
    await page.context().close();
    page = await world.open("#/entail", { colorScheme: "dark", viewport: { width: 1280, height: 720 } });
    await page.getByTestId("verdict").waitFor();
    await take("playground-entail.png");
  });
});
