/**
 * The art sets, each an npm package `@iconify-json/<name>`, and what each may be used for.
 *
 * `train`: emoji art. `icons`: open icon sets, which widen the drawing styles (lines, one colour) and the words.
 * `test`: share-alike art, rendered for the strict tests; no weight ever sees it. The training code checks that again
 * (`emoji_dual/dataset.py`). `mono` art has no colour of its own: it is drawn in black and coloured by training. `filled`
 * art is made of shapes without lines: it is also drawn again with lines (`redraw.mjs`). Art with a `like` is also coloured in as
 * that set has it (`colouring.mjs`). `more`: emoji art that is trained on and kept out of validation. `font`: it is no npm
 * package of that name but a font (`glyphs.mjs`).
 */
export const STYLES = [
  { name: "noto", role: "train", filled: true },
  { name: "noto-v1", role: "train", filled: true },
  { name: "twemoji", role: "train", filled: true },
  { name: "emojione", role: "train", filled: true },
  { name: "fxemoji", role: "train", filled: true },
  { name: "fluent-emoji", role: "train", filled: true },
  { name: "fluent-emoji-flat", role: "train", filled: true },
  { name: "streamline-emojis", role: "train" },
  { name: "fluent-emoji-high-contrast", role: "train", mono: true, like: "fluent-emoji-flat" },
  { name: "lucide", role: "icons", mono: true },
  { name: "tabler", role: "icons", mono: true },
  { name: "ph", role: "icons", mono: true },
  { name: "mdi", role: "icons", mono: true },
  { name: "iconoir", role: "icons", mono: true },
  { name: "maki", role: "icons", mono: true },
  { name: "temaki", role: "icons", mono: true },
  { name: "mingcute", role: "icons", mono: true },
  { name: "hugeicons", role: "icons", mono: true },
  { name: "icon-park", role: "icons" },
  { name: "fluent-color", role: "icons" },
  { name: "flat-color-icons", role: "icons" },
  { name: "openmoji", role: "test" },
  { name: "emojione-v1", role: "test" },
  { name: "noto-font", role: "more", mono: true, font: true, like: "noto" },
  { name: "emojione-monotone", role: "more", mono: true, like: "emojione" },
];
