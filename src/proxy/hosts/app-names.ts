/**
 * Leads the app beside the proxy to the listeners in force: writes their names into the pod's hosts file.
 *
 * A new file gets all names at once, before the proxy says that it is ready and the app is started. In a pod that runs, the names of a
 * new callee come when its listener can serve: its endpoints are known, or have been waited for as long as a start waits. Until then the
 * app gets where it got before, by DNS. Names that are there stay, whatever becomes of their listener.
 */
import type { ResolvedListener, ResolvedProxyConfig } from '../../contract';
import type { Cancel, Clock } from '../runtime/clock';
import type { AddressByName } from '../config/settle';
import type { PodNames } from '../config/succeed';
import type { ClusterReport } from '../telemetry/cluster-view';
import { HostsFile, MAX_HOSTS_BYTES } from './hosts-file';
import type { HostsEntry } from './hosts-text';

/** How long the names of a new callee wait for its endpoints. */
export const ENDPOINTS_WAIT_MS = 10_000;
/** How often they are looked for. */
const LOOK_MS = 100;
/** How often a file that could not be written is tried again. */
const TRY_AGAIN_MS = 1_000;

/** Whatever serves requests: one proxy, or a fleet of workers. */
export interface Serving {
  readonly config: ResolvedProxyConfig;
  clusters(): Promise<readonly ClusterReport[]>;
}

export interface AppNamesDependencies {
  readonly clock: Clock;
  /** The file had no room for the names of a document. */
  onFull(): void;
  /**
   * `hosts_names_added`: names lead to the proxy from now on. `hosts_names_taken`: the pod's own hosts file gives them to something else.
   * `hosts_file_failed`: names can't be written, so that the app passes the proxy by; it is tried again.
   */
  onEvent(event: 'hosts_names_added' | 'hosts_names_taken' | 'hosts_file_failed', fields: Readonly<Record<string, string | readonly string[]>>): void;
}

/** How many names there are, by what they do. */
export interface NameCounts {
  /** Lead to a listener in force. */
  readonly written: number;
  /** Are not in the file yet. */
  readonly waiting: number;
  /** Belong to something else in this pod, and pass the proxy by. */
  readonly taken: number;
  /** Lead to where no listener is any more. */
  readonly stale: number;
}

export class AppNames implements PodNames {
  private config: ResolvedProxyConfig | undefined;
  private cancel: Cancel = () => undefined;
  /** Tells a look that is under way that it is out of date. */
  private turn = 0;
  private failure: string | undefined;
  private readonly toldTaken = new Set<string>();

  constructor(private readonly file: HostsFile, private readonly dependencies: AppNamesDependencies) {}

  get leads(): AddressByName { return this.file.leads; }

  problemsWith({ listeners }: ResolvedProxyConfig): readonly string[] {
    const length = this.file.lengthWith(listeners.flatMap((listener) => this.entryOf(listener)));
    if (length <= MAX_HOSTS_BYTES) return [];
    this.dependencies.onFull();
    return [`the pod's hosts file would be ${length} bytes long with the names of all listeners, and ${MAX_HOSTS_BYTES} is the most: `
      + 'replace the pod, so that it begins with the names of today, or call fewer services'];
  }

  /** Makes the file with the names of a first document, when there is none yet. Throws when that can't be. */
  first(config: ResolvedProxyConfig): void {
    if (this.file.there) return;
    this.add(config.listeners);
    this.config = config;
  }

  /** Nothing is written from now until `publish`: another document is about to be in force. */
  hold(): void {
    this.turn += 1;
    this.cancel();
  }

  /** Adds the names of what is in force. */
  publish(serving: Serving): void {
    this.hold();
    this.config = serving.config;
    this.tellTaken(serving.config);
    void this.look(serving, this.turn, this.dependencies.clock.now() + ENDPOINTS_WAIT_MS);
  }

  count(): NameCounts {
    const listeners = this.config?.listeners ?? [];
    const wanted = new Set(listeners.flatMap(({ hostnames = [] }) => hostnames));
    const written = [...wanted].filter((name) => this.file.leads.has(name)).length;
    const taken = [...wanted].filter((name) => this.isTaken(name)).length;
    return { written, taken, waiting: wanted.size - written - taken, stale: this.file.leads.size - written };
  }

  private async look(serving: Serving, turn: number, end: number): Promise<void> {
    const missing = (): ResolvedListener[] => (
      this.config!.listeners.filter((listener) => this.entryOf(listener).some((entry) => !this.file.has(entry))));
    if (missing().length === 0) return;
    const clusters = await serving.clusters();
    if (turn !== this.turn) return;
    const synced = new Set(clusters.filter(({ discovery }) => discovery.synced).map(({ name }) => name));
    const late = this.dependencies.clock.now() >= end;
    let wait = LOOK_MS;
    try {
      this.add(missing().filter((listener) => late || clustersOf(listener).every((cluster) => synced.has(cluster))));
      this.failure = undefined;
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.failure) this.dependencies.onEvent('hosts_file_failed', { error: message });
      this.failure = message;
      wait = TRY_AGAIN_MS;
    }
    if (missing().length > 0) this.cancel = this.dependencies.clock.after(wait, () => void this.look(serving, turn, end));
  }

  private add(listeners: readonly ResolvedListener[]): void {
    const entries = listeners.flatMap((listener) => this.entryOf(listener));
    const before = this.file.leads;
    this.file.add(entries);
    const names = entries.flatMap((entry) => entry.names).filter((name) => !before.has(name));
    if (names.length > 0) this.dependencies.onEvent('hosts_names_added', { names: [...new Set(names)] });
  }

  /** What a listener has in the file, if anything. */
  private entryOf({ address, hostnames = [] }: ResolvedListener): HostsEntry[] {
    // settle.ts has the listener where its names lead; should it not be, a second address would be worse than a name that is missing.
    const names = hostnames.filter((name) => !this.isTaken(name) && (this.leads.get(name) ?? address) === address);
    return address === undefined || names.length === 0 ? [] : [{ address, names }];
  }

  private isTaken(name: string): boolean {
    return this.file.taken.has(name);
  }

  private tellTaken({ listeners }: ResolvedProxyConfig): void {
    for (const name of listeners.flatMap(({ hostnames = [] }) => hostnames)) {
      if (!this.isTaken(name) || this.toldTaken.has(name)) continue;
      this.toldTaken.add(name);
      this.dependencies.onEvent('hosts_names_taken', { name, address: this.file.taken.get(name)! });
    }
  }
}

function clustersOf({ routes }: ResolvedListener): string[] {
  return routes.flatMap(({ split }) => split.map(({ cluster }) => cluster));
}
