/** A part of the table: some routes, and requests for them. */
import type { RouteMatch } from '../../../src/contract';

export interface ConformanceGroup {
  readonly name: string;
  /** By name, in the order of declaration. */
  readonly routes: Readonly<Record<string, readonly RouteMatch[]>>;
  /** Request and the route that takes it; undefined: none does, which is answered by 404; `!code`: its target is refused by this fault. */
  readonly requests: readonly (readonly [request: string, route: string | undefined])[];
}
