/** Matches, written shortly. */
import type { RouteMatch } from '../../../src/contract';

export const exact = (value: string, more: RouteMatch = {}): RouteMatch => ({ path: { type: 'exact', value }, ...more });
export const prefix = (value: string, more: RouteMatch = {}): RouteMatch => ({ path: { type: 'prefix', value }, ...more });
export const regex = (value: string, more: RouteMatch = {}): RouteMatch => ({ path: { type: 'regex', value }, ...more });
/** Header fields with their values. */
export const header = (values: Record<string, string>): Pick<RouteMatch, 'headers'> => ({ headers: pairs(values) });
export const query = (values: Record<string, string>): Pick<RouteMatch, 'query'> => ({ query: pairs(values) });
export const cookie = (values: Record<string, string>): Pick<RouteMatch, 'cookies'> => ({ cookies: pairs(values) });
export const host = (...hosts: string[]): Pick<RouteMatch, 'hosts'> => ({ hosts });

function pairs(values: Record<string, string>): { name: string; value: string }[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}
