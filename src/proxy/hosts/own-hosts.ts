/**
 * The sidecar's own `/etc/hosts`, which kubelet has made for the pod: localhost, the pod's name, and its `hostAliases`. kubelet empties
 * and rewrites it when another container of the pod starts, so what is read in that moment is read again.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Clock } from '../clock';

/** Where every container finds the pod's names. */
export const SYSTEM_HOSTS = '/etc/hosts';

/** How long the file is waited for; kubelet takes some milliseconds. */
const WAIT_MS = 1_000;
const LOOK_AGAIN_MS = 5;

/**
 * @param podIps the pod's addresses: a file without any of them is not whole
 * @param onMissing called when there is no whole file, and one is made up of what is known
 */
export async function readOwnHosts(podIps: readonly string[], clock: Clock, onMissing: () => void, path: string = SYSTEM_HOSTS): Promise<string> {
  const end = clock.now() + WAIT_MS;
  for (;;) {
    const text = read(path);
    if (isWhole(text, podIps)) return text;
    if (clock.now() >= end) break;
    await new Promise<void>((resolve) => { clock.after(LOOK_AGAIN_MS, resolve); });
  }
  onMissing();
  return ['127.0.0.1\tlocalhost', '::1\tlocalhost ip6-localhost ip6-loopback', ...podIps.map((ip) => `${ip}\t${hostname()}`)].map((line) => `${line}\n`).join('');
}

/** What the file has at this moment. */
export function peekAtOwnHosts(path: string = SYSTEM_HOSTS): string {
  return read(path);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function isWhole(text: string, podIps: readonly string[]): boolean {
  const first = text.split('\n').map((line) => line.split(/\s/, 1)[0]!);
  return text.endsWith('\n') && (podIps.length === 0 || podIps.some((ip) => first.includes(ip)));
}
