/** What the parts of a snapshot are made from. */
import type { Directory, ServiceId } from './directory';
import type { ProxyScrape } from './scrape';
import type { Traffic } from './traffic';

export interface Measured {
  readonly directory: Directory;
  readonly traffic: Traffic;
  /** Proxies by the service that they belong to, both in the order of their ids. */
  readonly callers: ReadonlyMap<ServiceId, readonly ProxyScrape[]>;
}
