/** Which network addresses this service may connect to on a stranger's word. */
import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** All that is allocated as global unicast (RFC 4291 §2.4, IANA registry); the rest of IPv6 is special or unassigned. */
const GLOBAL_UNICAST_V6 = ipaddr.IPv6.parseCIDR("2000::/3");

/** Azure's host agent: a public address by number, but it answers only from inside and hands out credentials. */
const AZURE_HOST_AGENT = "168.63.129.16";

/**
 * True for ordinary addresses of the public internet. False for private, loopback, link-local (cloud metadata),
 * carrier-grade NAT, multicast, documentation, reserved and unspecified ones, for IPv6 that embeds or tunnels IPv4
 * (mapped, compatible, NAT64, 6to4, Teredo: the target behind cannot be judged), and for what is no address at all.
 */
export function isPublicAddress(text: string): boolean {
  const address = parse(text);
  if (address === undefined || address.range() !== "unicast" || address.toString() === AZURE_HOST_AGENT) return false;
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_UNICAST_V6);
}

/**
 * @param cidrs ranges that an operator opens, for example an object store's: `["10.20.0.0/16", "fd12::/64"]`.
 * @returns a test whether an address lies in one of them.
 * @throws Error that names the entry which is not a range in CIDR form.
 */
export function createAddressMatcher(cidrs: readonly string[]): (text: string) => boolean {
  const ranges = cidrs.map(parseRange);
  return (text) => {
    const address = parse(text);
    return (
      address !== undefined &&
      ranges.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits))
    );
  };
}

/** Strict: four decimal parts or IPv6. The looser spellings (octal, one number) are the URL parser's business. */
function parse(text: string): Address | undefined {
  const strict = text.includes(":") ? ipaddr.IPv6.isValid(text) : ipaddr.IPv4.isValidFourPartDecimal(text);
  return strict ? ipaddr.parse(text) : undefined;
}

function parseRange(cidr: string): [Address, number] {
  try {
    return ipaddr.parseCIDR(cidr);
  } catch (cause) {
    throw new Error(`not an address range in CIDR form: ${JSON.stringify(cidr)}`, { cause });
  }
}
