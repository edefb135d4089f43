import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, it } from "vitest";
import { createAddressMatcher, isPublicAddress } from "./addresses.ts";

/** What must never be reached, written down here once more and independently of the library's own tables. */
const FORBIDDEN_V4 = [
  ["this network", "0.0.0.0/8"],
  ["private", "10.0.0.0/8"],
  ["private", "172.16.0.0/12"],
  ["private", "192.168.0.0/16"],
  ["loopback", "127.0.0.0/8"],
  ["link-local and cloud metadata", "169.254.0.0/16"],
  ["carrier-grade NAT", "100.64.0.0/10"],
  ["protocol assignments", "192.0.0.0/24"],
  ["documentation", "192.0.2.0/24"],
  ["documentation", "198.51.100.0/24"],
  ["documentation", "203.0.113.0/24"],
  ["6to4 relays", "192.88.99.0/24"],
  ["benchmarking", "198.18.0.0/15"],
  ["multicast", "224.0.0.0/4"],
  ["reserved and broadcast", "240.0.0.0/4"],
  ["Azure's host agent", "168.63.129.16/32"],
] as const;

const FORBIDDEN_V6 = [
  ["unspecified", "::/128"],
  ["loopback", "::1/128"],
  ["IPv4-compatible", "::/96"],
  ["IPv4-mapped", "::ffff:0:0/96"],
  ["IPv4-translated", "::ffff:0:0:0/96"],
  ["NAT64", "64:ff9b::/96"],
  ["local NAT64", "64:ff9b:1::/48"],
  ["discard", "100::/64"],
  ["Teredo", "2001::/32"],
  ["documentation", "2001:db8::/32"],
  ["documentation", "3fff::/20"],
  ["6to4", "2002::/16"],
  ["segment routing", "5f00::/16"],
  ["unassigned", "4000::/3"],
  ["unique local", "fc00::/7"],
  ["link-local", "fe80::/10"],
  ["site-local", "fec0::/10"],
  ["multicast", "ff00::/8"],
] as const;

/** Any address of the range, as text. */
function within(cidr: string): fc.Arbitrary<string> {
  const [base, bits] = ipaddr.parseCIDR(cidr);
  const bytes = base.toByteArray();
  return fc.uint8Array({ minLength: bytes.length, maxLength: bytes.length }).map((noise) => {
    const address = bytes.map((byte, at) => {
      const fixed = Math.min(8, Math.max(0, bits - at * 8));
      const free = 0xff >> fixed;
      return (byte & ~free) | ((noise[at] ?? 0) & free);
    });
    return ipaddr.fromByteArray(address).toString();
  });
}

describe("is not public:", () => {
  it.each([...FORBIDDEN_V4, ...FORBIDDEN_V6])("%s, %s", (_name, cidr) => {
    fc.assert(fc.property(within(cidr), (address) => !isPublicAddress(address)));
  });

  it("any IPv4 address inside an IPv6 one, public or not", () => {
    const prefixes = ["::ffff:", "::", "64:ff9b::", "::ffff:0:"];
    fc.assert(
      fc.property(fc.constantFrom(...prefixes), fc.ipV4(), (prefix, address) => !isPublicAddress(prefix + address)),
    );
  });

  it("an IPv6 address with a zone", () => {
    expect(isPublicAddress("fe80::1%eth0")).toBe(false);
  });

  it("what is no address, or one in a loose spelling", () => {
    fc.assert(fc.property(fc.string(), (text) => !isPublicAddress(text)));
    for (const text of [
      "",
      "localhost",
      "8.8.8",
      "134744072",
      "0x08.8.8.8",
      "010.8.8.8",
      "8.8.8.8/8",
      "[2606:4700::1]",
    ]) {
      expect(isPublicAddress(text)).toBe(false);
    }
  });
});

it.each(["8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450:4001::1"])(
  "%s is public",
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

describe("ranges that the operator opens", () => {
  it("match their own addresses and no others", () => {
    const isOpened = createAddressMatcher(["10.20.0.0/16", "fd12::/64"]);
    fc.assert(fc.property(within("10.20.0.0/16"), isOpened));
    fc.assert(fc.property(within("fd12::/64"), isOpened));
    for (const address of ["10.21.0.1", "fd13::1", "::ffff:10.20.0.1", "8.8.8.8", "nonsense"]) {
      expect(isOpened(address)).toBe(false);
    }
  });

  it.each(["10.0.0.1", "10.0.0.0/33", "example.org/8", ""])("are refused at once when written %j", (cidr) => {
    expect(() => createAddressMatcher([cidr])).toThrow(JSON.stringify(cidr));
  });
});
