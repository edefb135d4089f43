/** A picture that a person hands over, from the file to what can be sent and shown. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { type Picture, PictureRefused, readPicture } from "../picture.ts";

export interface PictureState {
  readonly picture: Picture | undefined;
  readonly refused: PictureRefused | undefined;
  readonly take: (file: File | undefined) => void;
  /** Shows a picture that needs no reading, or none. */
  readonly show: (picture: Picture | undefined) => void;
}

/** @param initial stands there until the person has chosen something. */
export function usePicture(initial?: Picture): PictureState {
  const [chosen, setChosen] = useState<{ readonly picture: Picture | undefined }>();
  const [refused, setRefused] = useState<PictureRefused>();
  /** The file that was handed over last: a large one may be read after a smaller, later one. */
  const last = useRef<File>();

  const show = useCallback((next: Picture | undefined) => {
    last.current = undefined;
    setRefused(undefined);
    setChosen({ picture: next });
  }, []);

  const take = useCallback((file: File | undefined) => {
    if (!file) return;
    last.current = file;
    readPicture(file).then(
      (read) => {
        if (last.current !== file) return;
        setRefused(undefined);
        setChosen({ picture: read });
      },
      (error: unknown) => {
        if (!(error instanceof PictureRefused)) throw error;
        if (last.current !== file) return;
        setChosen({ picture: undefined });
        setRefused(error);
      },
    );
  }, []);

  return { picture: chosen ? chosen.picture : initial, refused, take, show };
}

/** An address for `<img src>`, given back when the component has gone. */
export function useBlobUrl(blob: Blob | undefined): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!blob) return;
    const created = URL.createObjectURL(blob);
    setUrl(created);
    return () => {
      URL.revokeObjectURL(created);
      setUrl(undefined);
    };
  }, [blob]);
  return url;
}
