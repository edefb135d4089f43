/** The pictures of a comparison: samples to begin with, then the person's own. */
import { useMemo, useState } from "preact/hooks";
import { type Picture, PictureRefused, readPicture } from "../picture.ts";

/** A phone shows as many columns. */
export const MAX_PICTURES = 6;

const INITIAL_SAMPLES = 3;

interface Pictures {
  readonly pictures: readonly Picture[];
  /** Of the last that were added, the first that could not be. */
  readonly refused: PictureRefused | undefined;
  readonly add: (files: readonly File[]) => void;
  readonly remove: (at: number) => void;
}

export function usePictures(samples: readonly Picture[]): Pictures {
  /** undefined until the person has changed something. */
  const [own, setOwn] = useState<readonly Picture[]>();
  const [refused, setRefused] = useState<PictureRefused>();
  const initial = useMemo(() => samples.slice(0, INITIAL_SAMPLES), [samples]);
  const pictures = own ?? initial;

  async function add(files: readonly File[]): Promise<void> {
    // Only those for which there is room: a folder's worth, decoded at once, takes the memory of the tab.
    const outcomes = await Promise.allSettled(files.slice(0, MAX_PICTURES - pictures.length).map(readPicture));
    const read = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    setOwn((before) => [...(before ?? initial), ...read].slice(0, MAX_PICTURES));
    const failed = outcomes.find((outcome) => outcome.status === "rejected")?.reason;
    setRefused(failed instanceof PictureRefused ? failed : undefined);
  }

  return {
    pictures,
    refused,
    add: (files) => void add(files),
    remove: (at) => setOwn(pictures.toSpliced(at, 1)),
  };
}
