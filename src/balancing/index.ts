/** What the proxy and the simulator use of balancing. */
export * from './endpoints/endpoint-stats';
export * from './endpoints/picker';
export * from './outliers';
export * from './policies/registry';
export * from './retries/back-off';
export * from './retries/hedge-delay';
export * from './retries/next-try';
export * from './retries/retry-budget';
export * from './selection/balancer';
export * from './selection/cluster-endpoint';
export * from './selection/endpoint-selector';
export * from './selection/endpoint-state';
export { levelHealth, levelLoads } from './stages/priority';
export type { Level, LevelLoad } from './stages/priority';
export type { Locality, ZoneReport } from './stages/zone-aware';
export * from './tables/hash';
export * from './tables/hashed-split';
export * from './tables/weighted-split';
