/**
 * The art sets, each an npm package `@iconify-json/<name>`, and what each may be used for.
 *
 * `test` sets are share-alike art: they are rendered for the strict tests and no weight ever sees them.
 * The training code checks the role again (`emoji_dual/dataset.py`).
 */
export const STYLES = [
  { name: "noto", role: "train" },
  { name: "noto-v1", role: "train" },
  { name: "twemoji", role: "train" },
  { name: "emojione", role: "train" },
  { name: "fxemoji", role: "train" },
  { name: "fluent-emoji", role: "train" },
  { name: "fluent-emoji-flat", role: "train" },
  { name: "streamline-emojis", role: "train" },
  { name: "openmoji", role: "test" },
  { name: "emojione-v1", role: "test" },
];
