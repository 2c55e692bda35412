/** What a running mesh does, from the admin pages of its proxies: for the live page and for commands that print it. */
export type { ServiceId } from './directory';
export { eventsBetween, type EventKind, type MeshEvent } from './events';
export type { Figures, LatencyBar } from './figures';
export { Poller, type PollerOptions } from './poller';
export type { MeshProxy, ProxySource } from './proxies';
export { readRequests, type RecentRequest } from './requests';
export { ScrapedMesh } from './scraped-mesh';
export type { SnapshotSource } from './snapshot-source';
export { type MeshScrape, type ProxyScrape, scrapeProxy } from './scrape';
export * from './snapshot';
export { takeSnapshot } from './take-snapshot';
