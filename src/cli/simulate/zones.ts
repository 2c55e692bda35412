/**
 * Which zones endpoints and callers are in: those that flags name, else those that the YAML binds them to, else three in
 * turn, which is what the spread of a Deployment comes to.
 */
import type { PlannedCaller } from '../../simulation';
import type { Arguments } from '../command-line/command';
import { UserError } from '../command-line/errors';
import type { StatedCaller, StatedEndpoint, Subject } from './subject';

/** Names of zones where nothing names any. */
const ZONES = ['a', 'b', 'c'];

type Stated = Pick<Subject, 'zoneWeights' | 'zoned' | 'placed'>;

export interface Zones {
  /** Where the endpoint of this number is, and its weight. */
  endpoint(index: number, stated: StatedEndpoint): { readonly zone: string | undefined; readonly weight: number };
  caller(stated: StatedCaller): PlannedCaller;
}

export function readZones(args: Arguments, { zoneWeights, zoned, placed }: Stated): Zones {
  const named = list(args, 'zones');
  const callers = list(args, 'caller-zones');
  const usual = usualZones(zoneWeights);
  // Where a flag makes zones matter, the document would have them found out.
  const known = placed || args.text('zone-aware') === 'on';
  return {
    endpoint(index, { zone: bound, weight }) {
      const zone = inTurn(named, index) ?? bound ?? (zoned ? inTurn(usual, index) : undefined);
      return { zone, weight: weight ?? (zone !== undefined && Object.hasOwn(zoneWeights, zone) ? zoneWeights[zone]! : 1) };
    },
    caller({ pod, zone: bound }) {
      return known ? { zone: inTurn(callers, pod) ?? bound ?? inTurn(named ?? usual, pod) } : {};
    },
  };
}

function usualZones(zoneWeights: Readonly<Record<string, number>>): readonly string[] {
  const weighed = Object.keys(zoneWeights);
  return weighed.length > 1 ? weighed : [...new Set([...weighed, ...ZONES])].slice(0, ZONES.length);
}

function inTurn(zones: readonly string[] | undefined, index: number): string | undefined {
  return zones?.[index % zones.length];
}

/** Names with commas between; one that is named twice has twice as many. */
function list(args: Arguments, flag: string): readonly string[] | undefined {
  const text = args.text(flag);
  const zones = text?.split(',').map((zone) => zone.trim());
  if (zones?.some((zone) => zone === '')) throw new UserError(`--${flag} must be names with commas between, got '${text}'`);
  return zones;
}
