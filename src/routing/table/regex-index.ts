/**
 * Rows by the regular expression that they ask for of one value: a path, or the value of a header field, query parameter or cookie. A few are
 * tried one after the other; of many, one automaton tells which take the value. The first in the order of precedence wins, either way.
 */
import type { Regex } from '../regex/regex';
import { RegexSet } from '../regex/regex-set';
import type { RequestView } from '../request/request-view';
import type { RouteRow } from './row';

/** From so many expressions on, one automaton takes less time than trying them does. */
const SET_FROM = 4;

export class RegexIndex {
  /** Each expression once, by the first row that asks for it. */
  private readonly regexes: readonly Regex[];
  /** Places of the rows that ask for each. */
  private readonly places: readonly (readonly number[])[];
  private readonly set: RegexSet | undefined;

  /**
   * @param rows in the order of precedence
   * @param filed places in it, ascending, each with the expression asked for
   */
  constructor(private readonly rows: readonly RouteRow[], filed: readonly (readonly [place: number, regex: Regex])[]) {
    const byRegex = new Map<Regex, number[]>();
    for (const [place, regex] of filed) {
      const places = byRegex.get(regex);
      if (places) places.push(place);
      else byRegex.set(regex, [place]);
    }
    this.regexes = [...byRegex.keys()];
    this.places = [...byRegex.values()];
    this.set = this.regexes.length < SET_FROM ? undefined : new RegexSet(this.regexes);
  }

  /** The place of the first row here that takes a request with that value, when it is before `best`; otherwise `best`. */
  find(bytes: Uint8Array, start: number, end: number, request: RequestView, best: number): number {
    const { rows, regexes, places, set } = this;
    const matching = set?.matching(bytes, start, end);
    const count = matching ? matching.length : regexes.length;
    for (let at = 0; at < count; at++) {
      const regex = matching ? matching[at]! : at;
      // Later expressions have later first rows.
      if (places[regex]![0]! >= best) break;
      if (matching === undefined && !regexes[regex]!.test(bytes, start, end)) continue;
      best = firstThatHolds(rows, places[regex]!, request, best);
    }
    return best;
  }
}

/** The first of some places, in ascending order, whose row takes a request, when it is before `best`; otherwise `best`. */
export function firstThatHolds(rows: readonly RouteRow[], places: readonly number[], request: RequestView, best: number): number {
  for (let at = 0; at < places.length; at++) {
    const place = places[at]!;
    if (place >= best) return best;
    if (rows[place]!.holds(request)) return place;
  }
  return best;
}
