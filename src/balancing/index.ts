export * from './balancer';
export * from './hash';
export * from './learned';
export * from './picker';
export { levelHealth, levelLoads } from './priority';
export type { Level, LevelLoad } from './priority';
export * from './registry';
export * from './weighted-split';
export type { Place, ZoneReport } from './zone-aware';
