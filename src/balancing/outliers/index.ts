/** How endpoints that are worse than the others are found: outlier detection, for whoever balances over them. */
export { Conduct, Ending, RULES } from './conduct';
export type { Rule, Standing } from './conduct';
export { OutlierDetector } from './outlier-detector';
export type { OutlierListener, Suspect } from './outlier-detector';
export { isSilent } from './silence';
