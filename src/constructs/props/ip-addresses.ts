/**
 * Which IP addresses can be meant. All that follows is of IANA's registries of special-purpose addresses (RFC 6890).
 */
import { BlockList, isIP } from 'node:net';

/** Addresses of nobody: unspecified ones, multicast, and those that no host may have. A connection to 0.0.0.0 goes to the own pod. */
const NOBODY = ranges('0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4', '::/128', 'ff00::/8');

/** Addresses that a pod may have when the YAML is written. Those that the cluster gives it are known later; link-local ones lead to nodes. */
const OWN = ranges('127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '::1/128', 'fc00::/7');

/** Where the sidecar listens for what its app calls. */
const CALLED = ranges('127.64.0.0/10');

/** Whether a connection to an address can reach somebody. */
export function isReachable(address: unknown): address is string {
  return isAddress(address) && !has(NOBODY, address);
}

/** Why an app can't listen on an address of its pod, or undefined. */
export function refusalOfOwn(address: unknown): string | undefined {
  if (!isAddress(address)) {
    return 'use an IP address, such as AppAddress.of(\'127.0.0.2\'), or AppAddress.loopback()';
  }
  if (has(NOBODY, address)) {
    return 'this is no single address; say AppAddress.any(), which finds an app that listens on all of its pod\'s';
  }
  if (has(CALLED, address)) {
    return 'addresses in 127.64.0.0/10 lead to what the app calls; let it listen on another, such as 127.0.0.2';
  }
  return has(OWN, address) ? undefined
    : 'requests would leave the pod, which has no such address; use one of loopback, such as 127.0.0.2, or AppAddress.pod() for those that the cluster gives it';
}

function isAddress(address: unknown): address is string {
  return typeof address === 'string' && isIP(address) !== 0;
}

function has(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

function ranges(...all: string[]): BlockList {
  const list = new BlockList();
  for (const range of all) {
    const [address, prefix] = range.split('/');
    list.addSubnet(address, Number(prefix), isIP(address) === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}
