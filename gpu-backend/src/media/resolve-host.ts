/**
 * The addresses of a host that a stranger named, asked of the name servers themselves. The system's resolver (`dns.lookup`) keeps
 * one of libuv's few threads for as long as a name's server is silent, and cannot be called off: names that nobody answers for would
 * stop everybody's. Here a question waits on a socket. The hosts file and search domains, which name what is inside, are not asked.
 */
import { Resolver } from "node:dns/promises";

/** Then the question is repeated, with longer waits each time: a lost packet shall not cost a fetch its whole time. */
const REPEAT_AFTER_MS = 1000;

/**
 * @param servers addresses of name servers, with their ports; the system's if none are given.
 * @returns IPv4 before IPv6; none where the name has none, or its servers say nothing of use.
 * @throws the signal's reason once it is aborted.
 */
export async function resolveHost(
  hostname: string,
  signal: AbortSignal,
  servers?: readonly string[],
): Promise<readonly string[]> {
  signal.throwIfAborted();
  // One for each name: all questions of a resolver are called off at once.
  const resolver = new Resolver({ timeout: REPEAT_AFTER_MS });
  if (servers) resolver.setServers(servers);
  const callOff = (): void => resolver.cancel();
  signal.addEventListener("abort", callOff, { once: true });
  try {
    const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    signal.throwIfAborted();
    return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  } finally {
    signal.removeEventListener("abort", callOff);
  }
}
