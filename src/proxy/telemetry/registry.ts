/**
 * Holds every series of the proxy: one instrument per family and set of label values. Binding looks a series up or makes
 * it, on the cold side; the code that records keeps the instrument.
 *
 * Bounded: a family holds at most {@link MAX_SERIES_PER_FAMILY} series. Label sets beyond that share one series whose
 * labels all read `other`, so that sums stay right and memory stays put; `overflows` counts such bindings. A series read
 * from elsewhere has no sum to add to and is left out.
 */
import type { FamilyDefinition, FamilyOf, LabelsOf } from './catalog';
import { Counter, Gauge, Histogram, Reading } from './metrics';

/** Limit `metricSeries`: most series of a family. 200 clusters with 10 pairs of status and reason each. */
export const MAX_SERIES_PER_FAMILY = 2_000;

/** Value of a label that takes what is above a limit. */
export const OTHER = 'other';

export type Instrument = Counter | Gauge | Histogram | Reading;

export interface Series {
  /** Label values, in the order of the family's labels. */
  readonly values: readonly string[];
  readonly instrument: Instrument;
}

/** A family and its series, as the exposition reads them. */
export interface FamilyState {
  readonly definition: FamilyDefinition;
  /** By their label values. */
  readonly series: readonly Series[];
}

/** Keeps its series in order until others come or go, for sorting them takes longer than writing them. */
class MutableFamily implements FamilyState {
  readonly byKey = new Map<string, Series>();
  private sorted: readonly Series[] | undefined;

  constructor(readonly definition: FamilyDefinition) {}

  get series(): readonly Series[] {
    return this.sorted ??= [...this.byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, series]) => series);
  }

  set(key: string, series: Series): void {
    this.byKey.set(key, series);
    this.sorted = undefined;
  }

  delete(key: string): void {
    this.byKey.delete(key);
    this.sorted = undefined;
  }
}

export class MetricRegistry {
  private readonly byName = new Map<string, MutableFamily>();

  /** Bindings beyond the limit. */
  overflows = 0;

  constructor(private readonly maxSeriesPerFamily = MAX_SERIES_PER_FAMILY) {}

  /** The counter with these labels; the same one whenever asked. */
  counter<F extends FamilyOf<'counter'>>(family: F, labels: LabelsOf<F>): Counter {
    return this.bind(family, labels, () => new Counter()) as Counter;
  }

  /** The gauge with these labels; the same one whenever asked. */
  gauge<F extends FamilyOf<'gauge'>>(family: F, labels: LabelsOf<F>): Gauge {
    return this.bind(family, labels, () => new Gauge()) as Gauge;
  }

  /** The histogram with these labels; the same one whenever asked. */
  histogram<F extends FamilyOf<'histogram'>>(family: F, labels: LabelsOf<F>): Histogram {
    return this.bind(family, labels, () => new Histogram(family.buckets)) as Histogram;
  }

  /** Has the series with these labels read from elsewhere whenever metrics are asked for, in place of what it was. */
  observe<F extends FamilyOf<'counter' | 'gauge'>>(family: F, labels: LabelsOf<F>, read: Reading): void {
    const state = this.family(family);
    const values = valuesOf(family, labels);
    const key = keyOf(values);
    if (!state.byKey.has(key) && state.byKey.size >= this.maxSeriesPerFamily) this.overflows += 1;
    else state.set(key, { values, instrument: read });
  }

  /**
   * Forgets every series, of any family, whose labels include these: what is gone from the configuration must not be
   * reported for ever. Instruments that somebody still holds keep working and are no longer reported.
   */
  remove(labels: Readonly<Record<string, string>>): void {
    const wanted = Object.entries(labels);
    for (const family of this.byName.values()) removeSeries(family, wanted);
  }

  /** Forgets the series of one family whose labels include these. */
  removeFrom<F extends FamilyDefinition>(family: F, labels: Partial<LabelsOf<F>>): void {
    const state = this.byName.get(family.name);
    if (state) removeSeries(state, Object.entries(labels as Readonly<Record<string, string>>));
  }

  /** All families that have series, by name. */
  families(): FamilyState[] {
    return [...this.byName.values()]
      .filter((family) => family.byKey.size > 0)
      .sort((a, b) => (a.definition.name < b.definition.name ? -1 : 1));
  }

  private bind(family: FamilyDefinition, labels: Readonly<Record<string, string>>, make: () => Instrument): Instrument {
    const state = this.family(family);
    const { byKey } = state;
    let values = valuesOf(family, labels);
    let key = keyOf(values);
    if (!byKey.has(key) && byKey.size >= this.maxSeriesPerFamily) {
      this.overflows += 1;
      values = family.labels.map(() => OTHER);
      key = keyOf(values);
    }
    let found = byKey.get(key);
    if (!found) {
      found = { values, instrument: make() };
      state.set(key, found);
    }
    return found.instrument;
  }

  private family(definition: FamilyDefinition): MutableFamily {
    let family = this.byName.get(definition.name);
    if (!family) {
      family = new MutableFamily(definition);
      this.byName.set(definition.name, family);
    }
    return family;
  }
}

function removeSeries(family: MutableFamily, wanted: readonly (readonly [string, string])[]): void {
  const places = wanted.map(([name, value]) => [family.definition.labels.indexOf(name), value] as const);
  if (places.some(([place]) => place < 0)) return;
  for (const [key, { values }] of family.byKey) {
    if (places.every(([place, value]) => values[place] === value)) family.delete(key);
  }
}

function valuesOf(family: FamilyDefinition, labels: Readonly<Record<string, string>>): string[] {
  return family.labels.map((name) => labels[name]!);
}

function keyOf(values: readonly string[]): string {
  return JSON.stringify(values);
}
