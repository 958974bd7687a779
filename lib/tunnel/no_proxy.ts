import { BlockList, isIP } from "node:net";

/**
 * Tells whether a host is reached past the proxy, by the rules that curl and
 * Go share for `NO_PROXY`: a name and what lies below it, `.name` only what
 * lies below it, an address, a range like `10.0.0.0/8`, each with a port if it
 * is for that port only; `*` is everything. What cannot be read names nothing.
 *
 * @param entries One rule each; case does not matter.
 */
export function isPastProxy(
  target: { readonly host: string; readonly port: number },
  entries: readonly string[],
): boolean {
  const host = target.host.toLowerCase().replace(/\.$/, "");
  return entries.some((entry) => {
    const { name, port } = split(entry.trim().toLowerCase());
    if (name === "" || (port !== undefined && port !== target.port)) {
      return false;
    }
    return name === "*" ||
      (isIP(host) > 0 ? isInRange(host, name) : isBelow(host, name));
  });
}

/** A rule's name or range, and its port; an address of IPv6 has colons itself. */
function split(entry: string): { name: string; port?: number } {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):([0-9]{1,5})$/.exec(entry);
  if (!match) return { name: entry.replace(/^\[(.*)\]$/, "$1") };
  return { name: match[1] ?? match[2] ?? "", port: Number(match[3]) };
}

function isBelow(host: string, name: string): boolean {
  const rule = name.replace(/^\*\./, ".").replace(/\.$/, "");
  if (rule.startsWith(".")) return host.endsWith(rule);
  return host === rule || host.endsWith(`.${rule}`);
}

function isInRange(host: string, name: string): boolean {
  const [address = "", prefix, ...rest] = name.split("/");
  const version = isIP(address);
  const bitsMax = version === 4 ? 32 : 128;
  const bits = prefix === undefined ? bitsMax : Number(prefix);
  const isRange = version > 0 && rest.length === 0 && prefix !== "" &&
    Number.isInteger(bits) && bits >= 0 && bits <= bitsMax;
  if (!isRange || isIP(host) !== version) return false;
  const family = version === 4 ? "ipv4" : "ipv6";
  const range = new BlockList();
  range.addSubnet(address, bits, family);
  return range.check(host, family);
}
