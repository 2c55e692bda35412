/**
 * Whether somebody who speaks to the pod does it from the pod's node, as the kubelet does. Its requests come from the node's own address
 * or from the pod's default gateway, which is the node's end of the pod's link; which of the two depends on the network plug-in. No
 * other pod has either address, but for those on the node's own network. Loopback is the pod itself.
 *
 * Sources: the downward API (`status.hostIP`), and the kernel's routing tables in /proc/net (proc(5)).
 */
import { readFileSync } from 'node:fs';

const NO_ADDRESS = /^0+$/;

/** The addresses from which the kubelet may ask. */
export function nodeAddresses(nodeIp: string | undefined, read: (path: string) => string = readOrEmpty): ReadonlySet<string> {
  return new Set([...(nodeIp === undefined ? [] : [nodeIp]), ...gateways(read('/proc/net/route')), ...gateways6(read('/proc/net/ipv6_route'))]);
}

/** Whether a connection from this address comes from the node, or from within the pod. */
export function isFromNode(address: string, nodes: ReadonlySet<string>): boolean {
  const plain = address.replace(/^::ffff:/, '');
  return nodes.has(plain) || plain.startsWith('127.') || plain === '::1';
}

/** Columns: interface, destination, gateway; numbers in hexadecimal, the lowest byte first. */
function gateways(table: string): string[] {
  return rows(table).filter(([, destination, gateway]) => NO_ADDRESS.test(destination ?? '') && /^[\dA-F]{8}$/i.test(gateway ?? '') && !NO_ADDRESS.test(gateway!))
    .map(([, , gateway]) => gateway!.match(/../g)!.reverse().map((byte) => parseInt(byte, 16)).join('.'));
}

/** Columns: destination, its prefix length, source, its prefix length, next hop; in hexadecimal, the highest byte first. */
function gateways6(table: string): string[] {
  return rows(table).filter(([destination, length, , , hop]) => NO_ADDRESS.test(destination ?? '') && length === '00' && /^[\da-f]{32}$/i.test(hop ?? '') && !NO_ADDRESS.test(hop!))
    .map(([, , , , hop]) => new URL(`http://[${hop!.match(/.{4}/g)!.join(':')}]`).hostname.slice(1, -1));
}

function rows(table: string): string[][] {
  return table.split('\n').map((line) => line.trim().split(/\s+/));
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
