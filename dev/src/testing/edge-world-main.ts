/** Entry of the process that holds the world of the tests in workerd: says its bindings, and ends with its parent. */
import { startWorld } from "./edge-world.ts";

const world = await startWorld();
process.once("disconnect", () => void world.close().then(() => process.exit(0)));
process.send?.(world.bindings);
