/**
 * What the process around it needs of whatever serves requests: one proxy in this process, or a fleet of workers. Files,
 * signals, admin pages and logs are the process's business (main.ts).
 */
import type { ResolvedProxyConfig } from '../../contract';
import type { Applied, Readiness } from './proxy';
import type { BypassReport } from '../serve/downstream/bypass/known-sidecars';
import type { FamilyDump } from '../telemetry/aggregate';
import type { ClusterReport } from '../telemetry/cluster-view';
import type { RecentRequest } from '../telemetry/recent-requests';
import type { Identity } from '../tls/identity';

export interface Engine {
  /** The document in force, its hash, and where it has what this proxy doesn't know. */
  readonly config: ResolvedProxyConfig;
  readonly hash: string;
  readonly ignored: readonly string[];
  /** By what this process proves who it is, where it speaks TLS itself. */
  readonly identity: Identity | undefined;
  /** Takes over another document, or keeps the one in force and says what is wrong with the other. */
  apply(text: string): Promise<Applied>;
  readiness(): Promise<Readiness>;
  /** Metrics of everything but the calling process itself. */
  metrics(): Promise<readonly (readonly FamilyDump[])[]>;
  clusters(): Promise<readonly ClusterReport[]>;
  /** Pods whose requests have passed their sidecars by. */
  bypasses(): Promise<readonly BypassReport[]>;
  /** The last requests that are over; from now on they are kept for some seconds. */
  recentRequests(): Promise<readonly RecentRequest[]>;
  /** Open client connections, for a log line. */
  readonly connections: number;
  /**
   * The pod is being terminated: connections from other pods are ended while the app still serves.
   *
   * @param believed the app's time may be held against it
   */
  leave(believed: boolean): void;
  /** It is not, after all. */
  stay(): void;
  /** Stops gracefully, within `drainMs`; tells how many connections had to be cut. */
  drain(drainMs: number): Promise<{ readonly cut: number }>;
  /** Stops at once. */
  close(): void;
}
