/**
 * The loopback address at which a pod reaches each service that it calls.
 *
 * An address is a hash of the callee's name in 127.64.0.0/10 (22 bits), so it depends on neither the order of the code nor
 * the other callees: adding a dependency renumbers nothing. Callees of one pod that hash alike (of the pods that call
 * ten services, one in some 93,000) are told apart in rounds: the first by name keeps the address, the others hash again
 * with the number of the round. Only names that collide can ever move.
 */
import { createHash } from 'node:crypto';

/** 127.64.0.0 as a number, and the 22 bits below its prefix. */
const NETWORK = 0x7f400000;
const HOSTS = 1 << 22;

/** 22 bits of a name in a round. */
export type AddressHash = (name: string, round: number) => number;

const sha256: AddressHash = (name, round) => createHash('sha256').update(`${name}#${round}`).digest().readUInt32BE(0) % HOSTS;

/** An address for every name; all different. */
export function loopbackAddresses(names: Iterable<string>, hash: AddressHash = sha256): Map<string, string> {
  const taken = new Set<number>();
  const addresses = new Map<string, string>();
  let waiting = [...new Set(names)].sort();
  for (let round = 0; waiting.length > 0; round++) {
    const losers: string[] = [];
    for (const name of waiting) {
      const host = hash(name, round);
      if (taken.has(host)) {
        losers.push(name);
      } else {
        taken.add(host);
        addresses.set(name, dotted(NETWORK + host));
      }
    }
    waiting = losers;
  }
  return addresses;
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
}
