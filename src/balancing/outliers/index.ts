/** How endpoints that are worse than the others are found: outlier detection. */
export { OutlierState, Ending, RULES } from './outlier-state';
export type { Rule, OutlierStatus } from './outlier-state';
export { OutlierDetector } from './outlier-detector';
export type { OutlierListener, MonitoredEndpoint } from './outlier-detector';
export { isSilent } from './silence';
export { OutlierWatch } from './outlier-watch';
