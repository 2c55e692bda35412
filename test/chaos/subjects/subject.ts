/** A proxy under test, this project's or another: started alone in front of pods that somebody else looks after. */
import type { Child } from '../../../src/cli/up/processes/child';
import type { Reaper } from '../../../src/cli/up/processes/reaper';
import type { SocketAddress } from '../../../src/cli/up/network';
import type { Protocol } from '../message';

/** How the proxy's process and its call are set up. What is absent is as the constructs make it. */
export interface ProxySetting {
  readonly protocol?: Protocol;
  /** Timeout of a call. */
  readonly callTimeoutMs?: number;
  /** Most open files. */
  readonly files?: number;
  /** Where its log goes, with a line for every request: to a full disk, or to a pipe that nobody reads. */
  readonly log?: 'full disk' | 'closed pipe';
  /** SIGUSR2 steps its wall clock. */
  readonly stepsClock?: boolean;
  /** Asks this DNS server for {@link DNS_NAME} in place of the control plane. */
  readonly dns?: { readonly server: string; readonly port: number };
}

export const DNS_NAME = 'catalog.test';
export const CALL_TIMEOUT_MS = 2_000;

export interface SubjectDependencies {
  /** For files; goes with the run. */
  readonly folder: string;
  readonly reaper: Reaper;
  readonly setting: ProxySetting;
  /** The pods at first. */
  readonly pods: readonly PublishedPod[];
}

/** A pod as the control plane tells of it. */
export interface PublishedPod {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly zone: string;
  readonly ready: boolean;
  readonly terminating: boolean;
}

export interface Subject {
  readonly name: string;
  /** Starts it; settles when it answers. */
  start(dependencies: SubjectDependencies): Promise<RunningProxy>;
}

export interface RunningProxy {
  readonly place: SocketAddress;
  readonly child: Child;
  /** Tells it who is there now. */
  publish(pods: readonly PublishedPod[]): void;
  /** From now on the control plane is gone. */
  loseControlPlane(): Promise<void>;
  /** It comes back, and knows nothing of what it had told before. */
  returnControlPlane(): Promise<void>;
  stop(): Promise<void>;
}

const DRAIN_MS = 3_000;

/** A command line that starts a program under the limits of a setting. The process stays the one that was started. */
export function commandOf({ files, log }: ProxySetting, program: readonly string[]): { readonly command: string; readonly args: readonly string[] } {
  const limit = files === undefined ? '' : `ulimit -n ${files} && `;
  const output = log === undefined ? '' : log === 'full disk' ? ' >/dev/full' : ' > >(:)';
  return { command: 'bash', args: ['-c', `${limit}exec "$0" "$@"${output}`, ...program] };
}

export async function stopProxy(child: Child): Promise<void> {
  await child.stop(DRAIN_MS);
}
