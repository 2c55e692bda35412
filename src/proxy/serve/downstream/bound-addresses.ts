/**
 * The addresses that a listener binds: the one given, or the pod's own, and with `loopback` those of its loopback, to which
 * `kubectl port-forward` connects. A pod needn't have both families there: what it doesn't have is left out without a word.
 */
import type { ResolvedListener } from '../../../contract';

const LOOPBACK = ['127.0.0.1', '::1'];

/** What a system says of an address that it doesn't have. */
const ABSENT: ReadonlySet<string | undefined> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

export function boundAddresses({ address, loopback = false }: Pick<ResolvedListener, 'address' | 'loopback'>, podAddresses: readonly string[]): string[] {
  const own = address === undefined ? podAddresses : [address];
  return loopback ? [...own, ...LOOPBACK.filter((local) => !own.some((each) => covers(each, local)))] : [...own];
}

/**
 * The port that a listener binds: its own, or the one that the pod redirects the app's connections to, where the app takes the first one at all
 * addresses.
 */
export function boundPort(
  { direction, address, port }: Pick<ResolvedListener, 'direction' | 'address' | 'port'>, redirectedPorts: ReadonlyMap<number, number>,
): number {
  return direction === 'outbound' && address !== undefined ? redirectedPorts.get(port) ?? port : port;
}

/** Whether the listener can do without the address, which could not be bound for this reason. */
export function isDispensable({ address, loopback = false }: Pick<ResolvedListener, 'address' | 'loopback'>, bound: string, error: NodeJS.ErrnoException): boolean {
  return loopback && bound !== address && LOOPBACK.includes(bound) && ABSENT.has(error.code);
}

/** Binding the first one takes the second one's ports, too. */
function covers(address: string, local: string): boolean {
  return address === local || address === '::' || (address === '0.0.0.0' && !local.includes(':'));
}
