/** Pictures in code that is shown: as files, in the place of what is sent for them. */
import type { Picture } from "../picture.ts";

/** @returns the file name of the picture whose bytes the value stands for. */
export type FileNameOf = (value: unknown) => string | undefined;

export function fileNames(pictures: readonly Picture[]): FileNameOf {
  const names = new Map(pictures.map(({ encoded, name }) => [encoded, name]));
  return (value) => (typeof value === "string" ? names.get(value) : undefined);
}
