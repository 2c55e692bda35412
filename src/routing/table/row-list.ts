/**
 * The rows of one host and path, which differ in other conditions. A few of them are tried one after the other. Of many, a row that asks for a
 * value of a header field, query parameter or cookie is found by that value, as tenants or versions of clients often are: each such row
 * is filed under the one of its names that has most values and expressions here, and a request is asked for these names only. What is then tried
 * one after the other are rows with the same value, and rows that ask for no value. The first in the order of precedence wins, as without the index.
 */
import { type ValueTest } from '../bytes/bytes';
import { Regex } from '../regex/regex';
import type { RequestView } from '../request/request-view';
import { ByteIndex, hashByte, HASH_START } from './byte-index';
import { ExactValue, NamedCondition } from './conditions';
import { firstThatHolds, RegexIndex } from './regex-index';
import type { RouteRow } from './row';

/** From so many rows that ask for a value on, the index takes less time than trying them does. */
const INDEXED_FROM = 8;

const PARTS = ['headers', 'query', 'cookies'] as const;
type Part = (typeof PARTS)[number];

/** A value that a row asks for, exactly or by an expression. */
interface Asked {
  readonly part: Part;
  readonly condition: NamedCondition & { readonly value: ExactValue | Regex };
}

export class RowList {
  private readonly indexes: readonly ValueIndex[];
  /** Places of rows that are in no index. */
  private readonly others: readonly number[];

  /** @param rows in the order of precedence; what is told of them by place is by the index in it */
  constructor(private readonly rows: readonly RouteRow[]) {
    const values = rows.length < INDEXED_FROM ? [] : rows.map(valuesOf);
    if (values.filter(({ length }) => length > 0).length < INDEXED_FROM) {
      this.others = [...rows.keys()];
      this.indexes = [];
      return;
    }
    const chosen = choose(values);
    this.others = [...rows.keys()].filter((place) => !chosen[place]);
    const byName = new Map<string, number[]>();
    chosen.forEach((asked, place) => {
      if (asked) add(byName, keyOf(asked), place);
    });
    this.indexes = [...byName.values()].map((places) => new ValueIndex(rows, places, places.map((place) => chosen[place]!)));
  }

  /** The first row that takes a request. */
  find(request: RequestView): RouteRow | undefined {
    const { rows, others, indexes } = this;
    let best = firstThatHolds(rows, others, request, rows.length);
    for (let at = 0; at < indexes.length; at++) best = indexes[at]!.find(request, best);
    return rows[best];
  }
}

/** Rows by the value that they ask for of one name. */
class ValueIndex implements ValueTest {
  private readonly exact: ByteIndex<readonly number[]>;
  private readonly expressions: RegexIndex | undefined;
  private readonly part: Part;
  private readonly name: Uint8Array;
  private readonly longest: number;
  private readonly first: number;
  /** Of the look-up under way. */
  private request!: RequestView;
  private best = 0;

  constructor(private readonly rows: readonly RouteRow[], places: readonly number[], asked: readonly Asked[]) {
    const [{ part, condition }] = asked as [Asked];
    this.part = part;
    this.name = condition.bytes;
    this.first = places[0]!;
    const byValue = new Map<string, { readonly bytes: Uint8Array; readonly places: number[] }>();
    const byRegex: (readonly [place: number, regex: Regex])[] = [];
    places.forEach((place, at) => {
      const { value } = asked[at]!.condition;
      if (value instanceof Regex) return byRegex.push([place, value]);
      const group = byValue.get(value.value);
      return group ? group.places.push(place) : byValue.set(value.value, { bytes: value.bytes, places: [place] });
    });
    const groups = [...byValue.values()];
    this.exact = new ByteIndex(groups.map((group) => [group.bytes, group.places] as const));
    this.expressions = byRegex.length === 0 ? undefined : new RegexIndex(rows, byRegex);
    this.longest = groups.reduce((most, { bytes }) => Math.max(most, bytes.length), 0);
  }

  /** The place of the first row here that takes a request, when it is before `best`; otherwise `best`. */
  find(request: RequestView, best: number): number {
    if (this.first >= best) return best;
    this.request = request;
    this.best = best;
    if (this.part === 'headers') request.anyHeader(this.name, this);
    else if (this.part === 'query') request.firstQuery(this.name, this);
    else request.anyCookie(this.name, this);
    return this.best;
  }

  /** Looks one value of the request up. False, so that its other values are looked up, too. */
  test(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start <= this.longest) this.findExact(bytes, start, end);
    if (this.expressions) this.best = this.expressions.find(bytes, start, end, this.request, this.best);
    return false;
  }

  private findExact(bytes: Uint8Array, start: number, end: number): void {
    let hash = HASH_START;
    for (let at = start; at < end; at++) hash = hashByte(hash, bytes[at]!);
    const places = this.exact.get(hash, bytes, start, end);
    if (places) this.best = firstThatHolds(this.rows, places, this.request, this.best);
  }
}

function valuesOf(row: RouteRow): Asked[] {
  return PARTS.flatMap((part) => row[part].filter(asksForValue).map((condition): Asked => ({ part, condition })));
}

function asksForValue(condition: NamedCondition): condition is Asked['condition'] {
  return condition.value instanceof ExactValue || condition.value instanceof Regex;
}

/** Of the values of each row, the one whose name has most values in all rows; undefined of a row without any. */
function choose(values: readonly (readonly Asked[])[]): (Asked | undefined)[] {
  const byName = new Map<string, Set<string | Regex>>();
  for (const asked of values.flat()) {
    const key = keyOf(asked);
    const { value } = asked.condition;
    const seen = byName.get(key) ?? new Set();
    byName.set(key, seen.add(value instanceof Regex ? value : value.value));
  }
  const countOf = (asked: Asked): number => byName.get(keyOf(asked))!.size;
  return values.map((ofRow) => ofRow.reduce<Asked | undefined>((best, asked) => (best && countOf(best) >= countOf(asked) ? best : asked), undefined));
}

function keyOf({ part, condition: { name } }: Asked): string {
  return `${part} ${name}`;
}

function add(groups: Map<string, number[]>, key: string, place: number): void {
  const group = groups.get(key);
  if (group) group.push(place);
  else groups.set(key, [place]);
}
