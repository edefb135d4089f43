/** vitest's global set-up of the tests in workerd: their world, as bindings. */
import { startWorld } from "./edge-world.ts";

export default async function setup({ provide }: { provide: (key: string, value: unknown) => void }) {
  const world = await startWorld();
  provide("world", world.bindings);
  return () => world.close();
}
