/**
 * Policies that need a number of endpoints to do anything, against how many there are.
 */
import type { Range } from './info';
import { count, ofCalls, ofTargets, Rule, short } from './rule';

/** Policies that send equal keys to equal places. */
const BY_HASH: readonly string[] = [
  // #region generated types of each LoadBalancingConfig with boundedLoadPercent
  'ringHash',
  'maglev',
  'rendezvous',
  // #endregion
];

const hedge: Rule = {
  name: 'hedge-alone',
  severity: 'warning',
  about: 'A call is hedged over a single endpoint, so that the second request waits behind the first.',
  find: ofCalls(({ route, targets }) => {
    // A target without a known number may have any.
    const most = targets.filter(({ level }) => level === 0).reduce((sum, { endpoints }) => sum + (endpoints?.max ?? Infinity), 0);
    return route.hedge && most === 1
      ? { message: 'a hedge goes to another endpoint, and 1 endpoint - 1 = 0 others', remedy: 'have 2 replicas or more, or leave hedging out' }
      : undefined;
  }),
};

const affinity: Rule = {
  name: 'affinity-endpoints',
  severity: 'warning',
  about: 'Sessions or hash keys are kept, but there is only one endpoint, or there are fewer than zones where those are known: a zone that '
    + 'is lost then takes more than its part with it.',
  find: ofTargets(({ cluster, level, callees, endpoints }, { route }) => {
    // A fallback keeps nobody: sessions don't go on there, and keys are those of the service that is called.
    if (level > 0) return undefined;
    const what = route.session ? 'the session cookie' : BY_HASH.includes(cluster.loadBalancing.type) ? cluster.loadBalancing.type : undefined;
    if (what === undefined || !endpoints) return undefined;
    if (endpoints.max === 1) {
      return { message: `${what} chooses among 1 endpoint, which gets everything in any case`, remedy: 'have 2 replicas or more, or leave it out' };
    }
    const zones = callees[0]?.zones;
    return zones !== undefined && endpoints.min < zones ? {
      message: `${what} keeps clients with ${count(endpoints.min, 'endpoint')} in ${zones} zones: a lost zone takes ${short(100 / endpoints.min)} % of them `
        + `along, where ${short(100 / zones)} % would be its part`,
      remedy: `have ${zones} replicas or more`,
    } : undefined;
  }),
};

const zoneMinimum: Rule = {
  name: 'zone-minimum',
  severity: 'warning',
  about: 'There are fewer endpoints than `zoneAware.minimumEndpoints`, so zones don\'t matter.',
  find: ofTargets(({ cluster: { zoneAware }, endpoints }) => {
    if (!zoneAware || !endpoints || endpoints.min >= zoneAware.minimumEndpoints) return undefined;
    const never = endpoints.max < zoneAware.minimumEndpoints;
    return {
      message: `${numberOf(endpoints)}${never ? '' : ', at the least'} fewer than minimumEndpoints ${zoneAware.minimumEndpoints}: `
        + `the own zone is ${never ? 'never preferred' : 'not preferred then'}`,
      remedy: `have ${zoneAware.minimumEndpoints} replicas or more, or set minimumEndpoints to ${endpoints.min}`,
    };
  }),
};

const zoneRemainder: Rule = {
  name: 'zone-remainder',
  severity: 'warning',
  about: 'The replicas of a zone-aware destination don\'t divide evenly by its zones, where those are known and the number is fixed: '
    + 'traffic of a zone with fewer replicas spills over to the others.',
  find: ofTargets(({ cluster: { zoneAware }, callees, endpoints }) => {
    const zones = callees[0]?.zones;
    if (!zoneAware || !endpoints || !zones || endpoints.min !== endpoints.max || endpoints.min % zones === 0) return undefined;
    const least = Math.floor(endpoints.min / zones);
    const more = endpoints.min % zones;
    return {
      message: `${count(endpoints.min, 'endpoint')} / ${zones} zones = ${least}, remainder ${more}: at best ${count(more, 'zone has', 'zones have')} `
        + `${least + 1}, and ${zones - more} ${least}`,
      remedy: `have ${least === 0 ? zones : `${least * zones} or ${(least + 1) * zones}`} replicas`,
    };
  }),
};

const subset: Rule = {
  name: 'subset-size',
  severity: 'warning',
  about: 'A subset is as large as all the endpoints, so every proxy uses all of them.',
  find: ofTargets(({ cluster, endpoints }) => (cluster.subset && endpoints && cluster.subset.size >= endpoints.max ? {
    message: `subset size ${cluster.subset.size} >= ${numberOf(endpoints)}: each proxy uses all`,
    remedy: 'leave the subset out, or make it smaller',
  } : undefined)),
};

/** `3 endpoints`, `3 to 6 endpoints`. */
function numberOf({ min, max }: Range): string {
  return min === max ? count(min, 'endpoint') : `${min} to ${count(max, 'endpoint')}`;
}

export const ENDPOINT_RULES: readonly Rule[] = [hedge, affinity, zoneMinimum, zoneRemainder, subset];
