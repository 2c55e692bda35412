/** The plan of a stack as tables, and as what becomes JSON. */
import { availabilityText, minutesDownAYear, minutesText, SCALES } from '../../planning/availability/error-budget';
import { Column, count, Paint, renderTable } from '../terminal/table';
import { keyOf, StackGraph } from './graph';
import type { Planned } from './planned';

const COLUMNS: readonly Column[] = [
  { title: 'service' }, { title: 'peak/s', right: true }, { title: 'carries/s', right: true }, { title: 'pods' }, { title: 'needed', right: true },
  { title: 'less a pod', right: true }, { title: 'less a zone', right: true }, { title: 'and evictions', right: true },
  { title: 'target', right: true }, { title: 'expected', right: true }, { title: 'down a year', right: true }, { title: 'with its calls', right: true },
];

export function reportOf(planned: readonly Planned[], graph: StackGraph, paint: Paint): string[] {
  const titles = new Map(planned.map(({ workload, title }) => [keyOf(workload), title]));
  const undeclared = planned.filter(({ declared }) => !declared).map(({ title }) => title);
  return [
    ...renderTable(COLUMNS, planned.filter(({ declared }) => declared).map((each) => rowOf(each, graph)), paint),
    ...(undeclared.length > 0 ? ['', `no capacity is declared of ${listed(undeclared)}`] : []),
    ...graph.entries.filter(({ bottleneck }) => bottleneck).flatMap(({ key, bottleneck, unknown }) => [
      '',
      `${titles.get(key)} takes ${count(bottleneck!.rps)} requests a second at most: then ${titles.get(bottleneck!.service)} is at its limit`
        + (unknown.length > 0 ? ` (not counting ${listed(unknown.map((name) => titles.get(name)!))})` : ''),
    ]),
    '',
    `a year: ${SCALES.map((scale) => `${availabilityText(scale)} is ${minutesText(minutesDownAYear(scale))}`).join(', ')}`,
    ...planned.flatMap(({ title, objections }) => objections.map(({ severity, prop, value, text }) =>
      paint(severity === 'error' ? 'red' : 'yellow', `${severity}: ${title}: ${prop} is ${value}: ${text}`))),
  ];
}

function rowOf({ title, declared, figures, min, max, workload }: Planned, graph: StackGraph): readonly string[] {
  const pods = min === max ? String(min) : `${min}-${max}`;
  if (!figures) return [title, count(declared!.capacity.peakRps), '-', pods];
  const { availability } = declared!;
  return [
    title, count(declared!.capacity.peakRps), count(figures.capacityRps), pods, String(figures.needed), spare(figures.left.pod, figures.needed),
    availability && availability.zones > 1 ? spare(figures.left.zone, figures.needed) : '-',
    availability && availability.zones > 1 ? spare(figures.left.all, figures.needed) : '-',
    availability ? availabilityText(availability.target) : '-',
    figures.availability === undefined ? '-' : availabilityText(figures.availability),
    figures.availability === undefined ? '-' : minutesText(minutesDownAYear(figures.availability)),
    availabilityText(graph.endToEnd.get(keyOf(workload))!),
  ];
}

/** `12 (+3)`: pods that are left, and how many these are more than the peak needs. */
function spare(left: number, needed: number): string {
  return `${left} (${left >= needed ? '+' : ''}${left - needed})`;
}

const MOST_NAMES = 6;

function listed(names: readonly string[]): string {
  return names.length > MOST_NAMES ? `${names.slice(0, MOST_NAMES).join(', ')} and ${names.length - MOST_NAMES} more` : names.join(', ');
}

/** The same as an object. */
export function jsonOf(planned: readonly Planned[], graph: StackGraph): object {
  return {
    services: planned.map(({ workload, declared, min, max, evictions, figures, objections }) => ({
      service: workload.service, version: workload.version, namespace: workload.namespace, declared, replicas: { min, max }, evictions, ...figures,
      ...(figures?.availability !== undefined && { minutesDownAYear: minutesDownAYear(figures.availability) }),
      availabilityWithCalls: graph.endToEnd.get(keyOf(workload)),
      objections,
    })),
    entries: graph.entries.map(({ key, visits, bottleneck, unknown }) => ({ entry: key, visits: Object.fromEntries(visits), bottleneck, unknown })),
    minutesAYear: Object.fromEntries(SCALES.map((scale) => [availabilityText(scale), minutesDownAYear(scale)])),
  };
}
