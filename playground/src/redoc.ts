/** Redoc's ready bundle is a classic script that leaves one global behind; this is the typed way to it. */
import type { RedocRawOptions } from "redoc";

export type RedocOptions = RedocRawOptions;

interface Redoc {
  /** Draws the reference into the element, replacing what it holds. @param description an OpenAPI document. */
  init(description: object, options: RedocRawOptions, element: HTMLElement): void;
}

/** @throws when the script cannot be fetched or is refused. */
export function loadScript(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`${url} could not be loaded`));
    document.head.append(script);
  });
}

/** @throws when the bundle has not run. */
export function redocGlobal(): Redoc {
  if (!("Redoc" in window)) throw new Error("The Redoc bundle has not run.");
  return window.Redoc as Redoc;
}
