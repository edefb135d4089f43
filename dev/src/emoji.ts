/** The sample pictures: Microsoft's Fluent Emoji (flat), named and grouped by emojibase, drawn from their SVG. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { z } from "zod";

const STYLE = "fluent-emoji-flat";
const PICTURE_PIXELS = 256;

export interface EmojiSample {
  /** Code points in lower-case hex joined by `-`, for example `1f34e`. */
  readonly id: string;
  readonly metadata: {
    /** In English, for example `red apple`. */
    readonly name: string;
    /** Unicode's group, for example `food-drink`. */
    readonly group: string;
    readonly style: typeof STYLE;
  };
  readonly svg: string;
}

const Emojis = z.array(z.object({ hexcode: z.string(), label: z.string(), group: z.number().optional() }));
const Groups = z.object({ groups: z.record(z.string(), z.string()) });
/** Code points → icon name. */
const Characters = z.record(z.string(), z.string());
const Icons = z.object({
  width: z.number(),
  height: z.number(),
  icons: z.record(z.string(), z.object({ body: z.string(), height: z.number().optional() })),
});

/**
 * Every emoji of emojibase that the icon set draws, in Unicode's order of groups; variants by skin tone are left out.
 * What Unicode added after the set was drawn and most flags have no picture.
 */
export async function loadEmojiSamples(): Promise<readonly EmojiSample[]> {
  const [emojis, { groups }, characters, icons] = await Promise.all([
    readJson("emojibase-data/en/data.json", Emojis),
    readJson("emojibase-data/meta/groups.json", Groups),
    readJson("@iconify-json/fluent-emoji-flat/chars.json", Characters),
    readJson("@iconify-json/fluent-emoji-flat/icons.json", Icons),
  ]);
  const iconNames = new Map(Object.entries(characters).map(([points, name]) => [withoutSelector(points), name]));
  return emojis.flatMap(({ hexcode, label, group }) => {
    const id = hexcode.toLowerCase();
    const groupName = groups[String(group)];
    const icon = icons.icons[iconNames.get(withoutSelector(id)) ?? ""];
    if (groupName === undefined || !icon) return [];
    const viewBox = `0 0 ${icons.width} ${icon.height ?? icons.height}`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${viewBox}">${icon.body}</svg>`;
    return [{ id, metadata: { name: label, group: groupName, style: STYLE }, svg }];
  });
}

/** A PNG of 256 × 256 pixels with a transparent background. */
export async function renderEmoji(sample: EmojiSample): Promise<Uint8Array> {
  const sized = sample.svg.replace("<svg ", `<svg width="${PICTURE_PIXELS}" height="${PICTURE_PIXELS}" `);
  return sharp(Buffer.from(sized)).png().toBuffer();
}

/** The presentation selector U+FE0F changes no meaning, and the two sources do not agree on where to write it. */
function withoutSelector(points: string): string {
  return points.replaceAll("-fe0f", "");
}

/** @param specifier a file of a package, as an import would name it. */
async function readJson<T>(specifier: string, schema: z.ZodType<T>): Promise<T> {
  const path = fileURLToPath(import.meta.resolve(specifier));
  return schema.parse(JSON.parse(await readFile(path, "utf8")));
}
