/** Small pictures as bytes, made inside workerd. */
import { forgePng } from "@sightline/shared/testing/png";

/** An RGB PNG of one colour. */
export async function png(red: number, green: number, blue: number, size = 16): Promise<Uint8Array<ArrayBuffer>> {
  // Each row begins with its filter type: none.
  const row = [0, ...Array.from({ length: size }, () => [red, green, blue]).flat()];
  const pixels = await deflate(Uint8Array.from(Array.from({ length: size }, () => row).flat()));
  return forgePng({ width: size, height: size, pixels });
}

async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
