/** What is left to a person whose machine cannot reach the server: a proxy, a mirror, or copying by hand. */
import type { ModelFile } from "../manifest.ts";
import { MIRROR_VARIABLE } from "./mirror.ts";

/** @param missing the files that have not come. */
export function otherWays(missing: readonly ModelFile[], folder: string): string {
  return `
  What has come is kept: the same command goes on from there. If this machine cannot reach that server:

    through a proxy  set HTTPS_PROXY=http://proxy.example:3128
    from a mirror    set ${MIRROR_VARIABLE}=https://mirror.example, which takes the place of each address's host
    by hand          put these files into ${folder}
                     and run the same command: it checks them, and needs no network

${missing.map(({ path, url, bytes }) => `      ${path}  ${bytes} bytes\n        ${url}`).join("\n")}
`;
}
