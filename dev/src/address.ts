/** A host and a port in one, as URLs write them. */
import { isIPv6 } from "node:net";

/** @param host a name or an IP address, as one listens on it: of IPv6 without brackets. */
export const addressOf = (host: string, port: number): string => `${isIPv6(host) ? `[${host}]` : host}:${port}`;
