/** Sizes for people. */

const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** Decimal, as disks and networks are sold: `89.1 MB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${UNITS[power]}`;
}
