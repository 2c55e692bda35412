/** The scenarios in the order of the report. */
import type { Scenario } from '../scenario';
import { CHANGES } from './changes';
import { REACHING } from './reaching';
import { ROLLOUTS } from './rollouts';
import { SIDECARS } from './sidecars';
import { TWO_APPS } from './two-apps';

export const SCENARIOS: readonly Scenario[] = [...CHANGES.slice(0, 1), ...ROLLOUTS, ...SIDECARS, ...CHANGES.slice(1), ...REACHING, TWO_APPS];
