/** All routes of callers in the order of precedence, as a table. */
import { describeRow, findOverlaps } from '../../routing';
import { DEFAULT_REDIRECT, ResolvedListener, ResolvedRoute } from '../../contract';
import type { Stack } from '../stack/stack';
import { Paint, renderTable } from '../terminal/table';
import type { Workload } from '../model/model';
import { percentInWords } from '../words/quantities';
import { timeoutInWords } from '../words/routes';
import { conditionsOfRow, tableOf } from './route-choice';

/** One row of a listener's table. */
export interface ListedRoute {
  readonly from: string;
  readonly url: string;
  /** From 1, in the order of precedence. */
  readonly place: number;
  readonly route: string;
  readonly conditions: readonly string[];
  readonly goesTo: string;
  readonly timeoutMs: number;
  /** A route before it takes all its requests. */
  readonly unreachable: boolean;
}

export function routesOf(stack: Stack, callers: readonly Workload[]): ListedRoute[] {
  return callers.flatMap((caller) => stack.documentOf(caller).listeners.filter(({ direction }) => direction === 'outbound').flatMap((listener) => {
    const table = tableOf(listener);
    const unreachable = new Set(findOverlaps(table).overlaps.filter(({ reason }) => reason !== 'order').map(({ second }) => second));
    return table.rows.map((row, index): ListedRoute => {
      const route = listener.routes[row.route]!;
      return {
        from: `${caller.service} ${caller.version}`, url: urlOf(listener), place: index + 1, route: route.name, conditions: describeRow(row),
        goesTo: splitInWords(stack, caller, route), timeoutMs: route.timeoutMs, unreachable: unreachable.has(row),
      };
    });
  }));
}

export function renderRoutes(routes: readonly ListedRoute[], paint: Paint): string[] {
  const columns = ['from', 'calls', '#', 'route', 'takes', 'goes to', 'timeout'].map((title) => ({ title, right: title === '#' }));
  return renderTable(columns, routes.map(({ from, url, place, route, conditions, goesTo, timeoutMs, unreachable }, index) => {
    const isSame = place > 1 && routes[index - 1]?.url === url;
    const takes = `${conditionsOfRow(conditions)}${unreachable ? ' (never reached)' : ''}`;
    return [isSame ? '' : from, isSame ? '' : url, String(place), route, takes, goesTo, timeoutInWords(timeoutMs)];
  }), paint);
}

function urlOf({ hostnames, address, port }: ResolvedListener): string {
  return `${hostnames?.[0] ?? address ?? '*'}:${port}`;
}

/** `95 % catalog v1, 5 % catalog v2`. */
function splitInWords(stack: Stack, caller: Workload, { split, redirect, respond }: ResolvedRoute): string {
  if (redirect) return `redirect ${redirect.status ?? DEFAULT_REDIRECT.status}`;
  if (respond) return `answer ${respond.status}`;
  const total = split.reduce((sum, { weight }) => sum + weight, 0);
  const { clusters } = stack.documentOf(caller);
  return split.map(({ cluster: name, weight }) => {
    const [workload] = stack.behind(clusters.find((cluster) => cluster.name === name)!);
    const title = workload ? `${workload.service} ${workload.version}` : name;
    return split.length === 1 ? title : `${percentInWords(total === 0 ? 0 : (100 * weight) / total)} ${title}`;
  }).join(', ');
}
