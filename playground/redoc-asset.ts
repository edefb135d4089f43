/** Vite plugin: makes Redoc's ready bundle fit to be served from our own origin alone. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Plugin } from "vite";

const BUNDLE = "redoc/bundles/redoc.standalone.js";

/** The only address that the bundle asks for by itself: the logo beside its attribution. */
const REMOTE_LOGO = '"https://cdn.redoc.ly/redoc/logo-mini.svg"';

/** A 1×1 transparent GIF; the attribution's text and link stay. */
const NO_LOGO = '"data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"';

/**
 * Takes the remote logo out of the emitted bundle and puts its licences beside it.
 * @throws when the logo is not found: a new Redoc has to be looked at before its requests are trusted again.
 */
export function redocAsset(): Plugin {
  return {
    name: "sightline:redoc-asset",
    apply: "build",
    async generateBundle(_options, bundle) {
      const asset = Object.values(bundle).find(
        (file) => file.type === "asset" && file.originalFileNames.some((name) => name.endsWith(BUNDLE)),
      );
      if (asset?.type !== "asset") this.error(`No page emits ${BUNDLE}.`);
      const code = typeof asset.source === "string" ? asset.source : new TextDecoder().decode(asset.source);
      if (!code.includes(REMOTE_LOGO)) this.error(`${BUNDLE} no longer contains ${REMOTE_LOGO}.`);
      asset.source = code.replaceAll(REMOTE_LOGO, NO_LOGO);

      const licences = createRequire(import.meta.url).resolve(`${BUNDLE}.LICENSE.txt`);
      this.emitFile({
        type: "asset",
        fileName: "assets/redoc.standalone.js.LICENSE.txt",
        source: await readFile(licences),
      });
    },
  };
}
