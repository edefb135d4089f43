/** From what a person drops or chooses to the files that are pictures, each with the id that its item gets. */

export interface PictureFile {
  /** The path from what was dropped or chosen on, a folder's own name in front, with `/` between folders. */
  readonly id: string;
  readonly file: File;
}

export interface Handed {
  readonly files: readonly PictureFile[];
  /** Paths of files and folders that could not be read: gone meanwhile, or not permitted. */
  readonly unread: readonly string[];
}

export interface Chosen {
  readonly pictures: readonly PictureFile[];
  /** How many files are no pictures by their names. */
  readonly ignored: number;
  readonly unread: readonly string[];
}

const PICTURE = /\.(jpe?g|png|webp|gif|avif)$/i;

/** What a file manager hides below the folder that was chosen, or beside other files. */
const HIDDEN = /\/\.|^\.[^/]*$/;

/** What tells a file from another one of the same path. */
export const markOf = (file: File): string => `${file.size} ${file.lastModified}`;

/**
 * In the order of their ids. Another file of a path that is taken gets a number, for it may be another picture.
 *
 * @param taken marks of files that have their ids already, by these.
 */
export function choose({ files, unread }: Handed, taken: ReadonlyMap<string, string>): Chosen {
  const visible = files.filter(({ id }) => !HIDDEN.test(id));
  const marks = new Map(taken);
  const pictures = new Map<string, PictureFile>();
  for (const { id: path, file } of visible) {
    if (!PICTURE.test(path)) continue;
    const id = freeId(path, marks, markOf(file));
    marks.set(id, markOf(file));
    pictures.set(id, { id, file });
  }
  return {
    pictures: [...pictures.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    ignored: visible.filter(({ id }) => !PICTURE.test(id)).length,
    unread: unread.filter((path) => !HIDDEN.test(path)),
  };
}

function freeId(path: string, marks: ReadonlyMap<string, string>, mark: string): string {
  for (let n = 1; ; n += 1) {
    const id = n === 1 ? path : path.replace(/(?=\.\w+$)/, `-${n}`);
    const other = marks.get(id);
    if (other === undefined || other === mark) return id;
  }
}

/** Metadata to filter by, as the command line writes it. */
export function metadataOf(id: string): { readonly folder: string; readonly name: string } {
  const slash = id.lastIndexOf("/");
  return { folder: id.slice(0, Math.max(0, slash)), name: id.slice(slash + 1) };
}

/** Of an `<input type="file">`; one that takes folders says the path. */
export const fromInput = (files: readonly File[]): readonly PictureFile[] =>
  files.map((file) => ({ id: file.webkitRelativePath || file.name, file }));

/**
 * Of a drop or a paste, folders with all that is in them. Must be called while the event is handled; what it gives comes
 * later, and what cannot be read keeps nothing else back.
 *
 * @param now names pictures that have no name of their own.
 */
export async function fromTransfer(transfer: DataTransfer, now: Date): Promise<Handed> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  // A pasted picture is no entry of a file system.
  if (entries.length === 0) {
    return { files: [...transfer.files].map((file) => ({ id: pastedId(file, now), file })), unread: [] };
  }
  return together(await Promise.all(entries.map((entry) => walk(entry, ""))));
}

/** Browsers give every picture that is pasted from the screen or from a page the same name. */
function pastedId({ name }: File, now: Date): string {
  return name.replace(/^image(?=\.\w+$)/, `pasted-${now.toISOString().replaceAll(/\D/g, "")}`);
}

async function walk(entry: FileSystemEntry, folder: string): Promise<Handed> {
  const id = folder + entry.name;
  if (entry.isFile) {
    return new Promise((resolve) =>
      (entry as FileSystemFileEntry).file(
        (file) => resolve({ files: [{ id, file }], unread: [] }),
        () => resolve({ files: [], unread: [id] }),
      ),
    );
  }
  const { children, isWhole } = await childrenOf(entry as FileSystemDirectoryEntry);
  const below = together(await Promise.all(children.map((child) => walk(child, `${id}/`))));
  return isWhole ? below : { files: below.files, unread: [id, ...below.unread] };
}

const together = (parts: readonly Handed[]): Handed => ({
  files: parts.flatMap(({ files }) => files),
  unread: parts.flatMap(({ unread }) => unread),
});

interface Children {
  readonly children: readonly FileSystemEntry[];
  readonly isWhole: boolean;
}

/** A reader gives some entries at a time (Chromium: a hundred), and none when it has given all. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<Children> {
  const reader = folder.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[] | undefined>((resolve) =>
      reader.readEntries(resolve, () => resolve(undefined)),
    );
    if (!some?.length) return { children, isWhole: some !== undefined };
    children.push(...some);
  }
}
