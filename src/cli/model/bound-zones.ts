/** Which zones a pod may be in, by what binds it to nodes: its node selector, and the node affinity that is required. */
import type { Field } from './field';

const ZONE_LABEL = 'topology.kubernetes.io/zone';

/** @param pod spec of a pod; none when it may be anywhere */
export function boundZones(pod: Field): string[] {
  const selected = pod.get('nodeSelector').get(ZONE_LABEL).optionalText();
  if (selected !== undefined) return [selected];
  const terms = pod.get('affinity').get('nodeAffinity').get('requiredDuringSchedulingIgnoredDuringExecution').get('nodeSelectorTerms').list().map(zonesOf);
  // A node need satisfy one of the terms, so one that leaves zones open lets the pod be anywhere.
  return terms.some((zones) => zones.length === 0) ? [] : [...new Set(terms.flat())];
}

function zonesOf(term: Field): string[] {
  return term.get('matchExpressions').list()
    .filter((expression) => expression.get('key').text() === ZONE_LABEL && expression.get('operator').text() === 'In')
    .flatMap((expression) => expression.get('values').list().map((zone) => zone.text()));
}
