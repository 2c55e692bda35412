/**
 * The sidecar's own `/etc/hosts`, which kubelet has made for the pod: localhost, the pod's name, and its `hostAliases`. kubelet empties
 * and rewrites it when another container of the pod starts, so what is read in that moment is read again.
 */
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Clock } from '../runtime/clock';

/** Where every container finds the pod's names. */
export const SYSTEM_HOSTS = '/etc/hosts';

/** How long the file is waited for; kubelet takes some milliseconds. */
const WAIT_MS = 1_000;
const LOOK_AGAIN_MS = 5;

/** How kubelet's file begins; that of a pod in its node's network is a copy of the node's, with another first line. */
const KUBELETS = '# Kubernetes-managed hosts file';
const OF_POD_NETWORK = `${KUBELETS}.\n`;

/**
 * @param podIps the pod's addresses: a file without any of them is not whole
 * @param onMissing called when there is no whole file, and one is made up of what is known
 */
export async function readOwnHosts(podIps: readonly string[], clock: Clock, onMissing: () => void, path: string = SYSTEM_HOSTS): Promise<string> {
  const { text, whole } = await readOnceWhole(path, clock, (content) => isWhole(content, podIps));
  if (whole) return text;
  onMissing();
  return ['127.0.0.1\tlocalhost', '::1\tlocalhost ip6-localhost ip6-loopback', ...podIps.map((ip) => `${ip}\t${hostname()}`)].map((line) => `${line}\n`).join('');
}

/**
 * The file as it is. Outside of a pod it is not kubelet's: then nothing is waited for.
 *
 * @param onIncomplete called when kubelet's file did not become whole; what there is of it is returned
 */
export async function readSystemHosts(podIps: readonly string[], clock: Clock, onIncomplete: () => void, path = SYSTEM_HOSTS): Promise<string> {
  if (podIps.length === 0 || !existsSync(path)) return read(path);
  const { text, whole } = await readOnceWhole(path, clock, (content) => {
    const anothers = !KUBELETS.startsWith(content.slice(0, KUBELETS.length));
    return anothers || isWhole(content, content.startsWith(OF_POD_NETWORK) ? podIps : []);
  });
  if (!whole) onIncomplete();
  return text;
}

interface Reading { readonly text: string; readonly whole: boolean }

async function readOnceWhole(path: string, clock: Clock, passes: (text: string) => boolean): Promise<Reading> {
  const end = clock.now() + WAIT_MS;
  for (;;) {
    const text = read(path);
    if (passes(text)) return { text, whole: true };
    if (clock.now() >= end) return { text, whole: false };
    await new Promise<void>((resolve) => { clock.after(LOOK_AGAIN_MS, resolve); });
  }
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
