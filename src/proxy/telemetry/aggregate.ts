/**
 * Adds up the metrics of several processes, so that a proxy with workers looks like one: each process dumps its registry,
 * and the dumps become families again. Counters, histograms and most gauges are sums; what every process reports alike, or
 * where the worst one counts, is listed in {@link NOT_SUMS}.
 */
import { FAMILIES, FamilyDefinition } from './catalog';
import { Counter, Exemplar, Gauge, Histogram } from './metrics';
import type { FamilyState, Instrument, MetricRegistry, Series } from './registry';

/** One series as data that can be sent: a value, or the buckets of a histogram. */
export interface SeriesDump {
  readonly values: readonly string[];
  readonly value?: number;
  readonly counts?: readonly number[];
  readonly sum?: number;
  readonly exemplars?: readonly (Exemplar | null | undefined)[];
}

export interface FamilyDump {
  readonly name: string;
  readonly series: readonly SeriesDump[];
}

/** How the values of the processes become one. */
const NOT_SUMS: Readonly<Record<string, 'max' | 'min'>> = {
  [FAMILIES.endpoints.name]: 'max',
  [FAMILIES.discoverySynced.name]: 'min',
  [FAMILIES.discoveryAge.name]: 'max',
  [FAMILIES.discoveryFailures.name]: 'max',
  [FAMILIES.discoveryFallback.name]: 'max',
  [FAMILIES.tlsCertificateExpiry.name]: 'min',
  [FAMILIES.certificateSecondsToExpiry.name]: 'min',
  [FAMILIES.certificateProblem.name]: 'max',
  [FAMILIES.identityExpiry.name]: 'min',
  [FAMILIES.identityUsable.name]: 'min',
  [FAMILIES.identityRejected.name]: 'max',
  [FAMILIES.identityTrusted.name]: 'min',
  [FAMILIES.workloadApiOpen.name]: 'min',
  [FAMILIES.upstreamTlsExpiry.name]: 'min',
  [FAMILIES.upstreamTlsUsable.name]: 'min',
  [FAMILIES.upstreamTlsRejected.name]: 'max',
  [FAMILIES.fallbackShare.name]: 'max',
  [FAMILIES.configInfo.name]: 'max',
  [FAMILIES.configApplied.name]: 'max',
  [FAMILIES.memoryLevel.name]: 'max',
  [FAMILIES.ready.name]: 'min',
  [FAMILIES.eventLoopDelay.name]: 'max',
  [FAMILIES.buildInfo.name]: 'max',
  [FAMILIES.nodeInfo.name]: 'max',
  [FAMILIES.processStart.name]: 'min',
};

const DEFINITIONS: ReadonlyMap<string, FamilyDefinition> = new Map(Object.values(FAMILIES).map((family) => [family.name, family]));

export function dump(registry: MetricRegistry): FamilyDump[] {
  return registry.families().map(({ definition, series }) => ({
    name: definition.name,
    series: series.map(({ values, instrument }) => dumpSeries(values, instrument)),
  }));
}

/** The families of all dumps, by name. Families that this version doesn't know are left out. */
export function merge(dumps: readonly (readonly FamilyDump[])[]): FamilyState[] {
  const families = new Map<string, { readonly definition: FamilyDefinition; readonly series: Map<string, Series> }>();
  for (const { name, series } of dumps.flat()) {
    const definition = DEFINITIONS.get(name);
    if (!definition) continue;
    let family = families.get(name);
    if (!family) {
      family = { definition, series: new Map() };
      families.set(name, family);
    }
    for (const one of series) add(family, one);
  }
  return [...families.values()]
    .map(({ definition, series }) => ({ definition, series: [...series].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one) }))
    .sort((a, b) => (a.definition.name < b.definition.name ? -1 : 1));
}

function dumpSeries(values: readonly string[], instrument: Instrument): SeriesDump {
  if (instrument instanceof Histogram) {
    const { counts, sum, exemplars } = instrument;
    return { values, counts: [...counts], sum, ...(exemplars && { exemplars }) };
  }
  return { values, value: typeof instrument === 'function' ? instrument() : instrument.value };
}

function add(family: { readonly definition: FamilyDefinition; readonly series: Map<string, Series> }, dumped: SeriesDump): void {
  const { definition, series } = family;
  const key = JSON.stringify(dumped.values);
  const present = series.get(key);
  if (!present) {
    series.set(key, { values: dumped.values, instrument: restore(definition, dumped) });
  } else if (present.instrument instanceof Histogram) {
    const { instrument } = present;
    dumped.counts!.forEach((count, bucket) => { instrument.counts[bucket] = instrument.counts[bucket]! + count; });
    instrument.sum += dumped.sum!;
    exemplify(instrument, dumped);
  } else {
    const single = present.instrument as Counter | Gauge;
    single.value = combine(definition.name, single.value, dumped.value!);
  }
}

function restore(definition: FamilyDefinition, dumped: SeriesDump): Instrument {
  const { value, counts, sum } = dumped;
  if (definition.type === 'histogram') {
    const histogram = new Histogram(definition.buckets);
    histogram.counts.set(counts!);
    histogram.sum = sum!;
    exemplify(histogram, dumped);
    return histogram;
  }
  const single = definition.type === 'counter' ? new Counter() : new Gauge();
  single.value = value!;
  return single;
}

/** Of several processes' examples of a bucket, one is enough. */
function exemplify(histogram: Histogram, { exemplars = [] }: SeriesDump): void {
  for (const exemplar of exemplars) if (exemplar) histogram.exemplify(exemplar);
}

/** A process that can't tell (NaN, which the channel between processes makes null) does not hide what another one can. */
function combine(name: string, a: number, b: number | null): number {
  if (b === null || Number.isNaN(b)) return a;
  if (a === null || Number.isNaN(a)) return b;
  const rule = NOT_SUMS[name];
  if (rule === undefined) return a + b;
  return rule === 'max' ? Math.max(a, b) : Math.min(a, b);
}
