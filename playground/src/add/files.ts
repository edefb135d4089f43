/** From what a person drops or chooses to the files that are pictures, each with its path as the id of its item. */

export interface PictureFile {
  /** The path below what was dropped, with `/` between folders; the command line gives the same ids. */
  readonly id: string;
  readonly file: File;
}

export interface Chosen {
  readonly pictures: readonly PictureFile[];
  /** How many files are no pictures by their names. */
  readonly ignored: number;
}

const PICTURE = /\.(jpe?g|png|webp|gif|avif)$/i;

/** In the order of their ids; of several of one id the last. */
export function choose(files: readonly PictureFile[]): Chosen {
  const visible = files.filter(({ id }) => !/(^|\/)\./.test(id));
  const pictures = new Map(visible.filter(({ id }) => PICTURE.test(id)).map((picture) => [picture.id, picture]));
  const sorted = [...pictures.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return { pictures: sorted, ignored: visible.filter(({ id }) => !PICTURE.test(id)).length };
}

/** Metadata to filter by, as the command line writes it. */
export function metadataOf(id: string): { readonly folder: string; readonly name: string } {
  const slash = id.lastIndexOf("/");
  return { folder: id.slice(0, Math.max(0, slash)), name: id.slice(slash + 1) };
}

/** Of an `<input type="file">`; one that takes folders says the path, the folder's own name in front. */
export const fromInput = (files: readonly File[]): readonly PictureFile[] =>
  files.map((file) => ({ id: file.webkitRelativePath.replace(/^[^/]*\//, "") || file.name, file }));

/**
 * Of a drop or a paste, folders with all that is in them. Must be called while the event is handled; what it gives comes
 * later. A single folder's own name is left out of the paths, as where it is chosen.
 */
export async function fromTransfer(transfer: DataTransfer): Promise<readonly PictureFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  // A pasted picture is no entry of a file system.
  if (entries.length === 0) return [...transfer.files].map((file) => ({ id: file.name, file }));
  const [only] = entries;
  const roots =
    only?.isDirectory && entries.length === 1 ? await childrenOf(only as FileSystemDirectoryEntry) : entries;
  return (await Promise.all(roots.map((entry) => walk(entry, "")))).flat();
}

async function walk(entry: FileSystemEntry, folder: string): Promise<readonly PictureFile[]> {
  const id = folder + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ id, file }];
  }
  const children = await childrenOf(entry as FileSystemDirectoryEntry);
  return (await Promise.all(children.map((child) => walk(child, `${id}/`)))).flat();
}

/** A reader gives some entries at a time (Chromium: a hundred), and none when it has given all. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}
