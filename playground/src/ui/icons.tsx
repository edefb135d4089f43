/** The few line icons of the page; they say nothing that their neighbours do not say in words. */
import type { JSX } from "preact";

const PATHS = {
  search: "M11 4.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13m5 11.5 4.5 4.5",
  picture:
    "M6.5 5h11a3 3 0 0 1 3 3v8a3 3 0 0 1-3 3h-11a3 3 0 0 1-3-3V8a3 3 0 0 1 3-3m-2 12.5 4.5-4 3 2.5 4-4.5 4.5 4.5M9 8.4a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2",
  close: "m7 7 10 10M17 7 7 17",
  minus: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16m-3.5 8h7",
  plus: "M12 6v12M6 12h12",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8m0-5v2m0 14v2m9-9h-2M5 12H3m15.4-6.4L17 7M7 17l-1.4 1.4m12.8 0L17 17M7 7 5.6 5.6",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5",
  key: "M8 10.5a4 4 0 1 0 0 8 4 4 0 0 0 0-8m2.9 1.2L19 3.5m-3 3 3 3",
  check: "m5 12.5 4.5 4.5L19 7.5",
  copy: "M9 9h9a1.5 1.5 0 0 1 1.5 1.5v8A1.5 1.5 0 0 1 18 20H9a1.5 1.5 0 0 1-1.5-1.5v-8A1.5 1.5 0 0 1 9 9m-3 6H5.5A1.5 1.5 0 0 1 4 13.5v-8A1.5 1.5 0 0 1 5.5 4h8A1.5 1.5 0 0 1 15 5.5V6",
} as const;

export function Icon({ name }: { readonly name: keyof typeof PATHS }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
