/** The code blocks of a Markdown file, in their order. */

export interface Block {
  /** Of its first fence, from 1. */
  readonly line: number;
  /** `sh`, `ts`, `json`; empty where none is named. */
  readonly language: string;
  readonly code: string;
  /** Why nobody runs it: of a `<!-- not run: … -->` in the line above. */
  readonly notRun: string | undefined;
}

const FENCE = /^ {0,3}(`{3,})\s*(\w*)/;
const NOT_RUN = /^<!-- not run: (.+) -->$/;

/** @throws Error if a block does not end. */
export function blocksOf(markdown: string): readonly Block[] {
  const lines = markdown.split("\n");
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; i++) {
    const [, fence, language = ""] = FENCE.exec(lines[i] ?? "") ?? [];
    if (fence === undefined) continue;
    const end = lines.findIndex((line, at) => at > i && line.trim() === fence);
    if (end < 0) throw new Error(`the code block in line ${i + 1} does not end`);
    blocks.push({
      line: i + 1,
      language,
      code: lines.slice(i + 1, end).join("\n"),
      notRun: NOT_RUN.exec(lines[i - 1]?.trim() ?? "")?.[1],
    });
    i = end;
  }
  return blocks;
}

/** What a program says that it prints: the comments behind its `console.log`s. */
export const printedBy = (code: string): readonly string[] =>
  [...code.matchAll(/^.*console\.log\(.*\);? \/\/ (.+)$/gm)].map(([, text = ""]) => text);
