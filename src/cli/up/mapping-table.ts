/** What is elsewhere on this machine than the YAML says, as a table: one pod of each workload, or all of them. */
import type { LocalMesh } from './local-mesh';
import { titleOf } from '../model/model';
import { Paint, renderTable } from '../terminal/table';

/** Most rows that are shown unasked for all pods; beyond, pods that differ in their addresses alone are left out. */
const SHORT = 24;

export function mappingTable(mesh: LocalMesh, paint: Paint, all: boolean): string[] {
  const total = mesh.pods.reduce((sum, { mappings }) => sum + mappings.length, 0);
  const everyPod = all || total <= SHORT;
  const seen = new Set<string>();
  const pods = [...mesh.pods].sort((a, b) => (a.name < b.name ? -1 : 1)).filter((pod) => {
    const known = seen.has(titleOf(pod.workload));
    seen.add(titleOf(pod.workload));
    return everyPod || !known;
  });
  const rows = pods.flatMap((pod) => pod.mappings.map(({ what, from, to }, index) => [index === 0 ? pod.name : '', what, from, to]));
  const hidden = mesh.pods.length - pods.length;
  return [
    ...renderTable([{ title: 'pod' }, { title: 'what' }, { title: 'in a cluster' }, { title: 'on this machine' }], rows, paint),
    ...(hidden > 0 ? [`${hidden} more ${hidden === 1 ? 'pod is' : 'pods are'} mapped alike, to other addresses; --verbose prints all`] : []),
    '',
  ];
}
