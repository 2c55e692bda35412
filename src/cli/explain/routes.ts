/** All routes of callers in the order of precedence, as a table. */
import { ResolvedListener, ResolvedRoute } from '../../contract';
import { describeRow, findOverlaps } from '../../routing';
import type { Stack } from '../stack/stack';
import { Paint, renderTable } from '../terminal/table';
import type { Workload } from '../model/model';
import { percentInWords } from '../words/quantities';
import { placeInWords, redirectInWords, timeoutInWords } from '../words/routes';
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
  /** Absent: the route answers. */
  readonly timeoutMs?: number;
  /** A route before it takes all its requests. */
  readonly unreachable: boolean;
}

export function routesOf(stack: Stack, callers: readonly Workload[]): ListedRoute[] {
  return callers.flatMap((caller) => stack.documentOf(caller).listeners.filter(({ direction }) => direction === 'outbound').flatMap((listener) => {
    const table = tableOf(listener);
    const unreachable = new Set(findOverlaps(table).overlaps.filter(({ reason }) => reason !== 'order').map(({ second }) => second));
    return table.rows.map((row, index): ListedRoute => {
      const route = listener.routes[row.route]!;
      const isSentOn = !route.redirect && !route.respond;
      return {
        from: `${caller.service} ${caller.version}`, url: urlOf(listener), place: index + 1, route: route.name, conditions: describeRow(row),
        goesTo: goesToInWords(stack, caller, route), ...(isSentOn && { timeoutMs: route.timeoutMs }), unreachable: unreachable.has(row),
      };
    });
  }));
}

export function renderRoutes(routes: readonly ListedRoute[], paint: Paint): string[] {
  const columns = ['from', 'calls', '#', 'route', 'takes', 'goes to', 'timeout'].map((title) => ({ title, right: title === '#' }));
  return renderTable(columns, routes.map(({ from, url, place, route, conditions, goesTo, timeoutMs, unreachable }, index) => {
    const isSame = place > 1 && routes[index - 1]?.url === url;
    const takes = `${conditionsOfRow(conditions)}${unreachable ? ' (never reached)' : ''}`;
    return [isSame ? '' : from, isSame ? '' : url, String(place), route, takes, goesTo, timeoutMs === undefined ? '' : timeoutInWords(timeoutMs)];
  }), paint);
}

function urlOf({ hostnames, address, port }: ResolvedListener): string {
  return `${hostnames?.[0] ?? address ?? '*'}:${port}`;
}

/** `95 % catalog v1, 5 % catalog v2`, and what else becomes of the request. */
function goesToInWords(stack: Stack, caller: Workload, { split, redirect, respond, rewrite, mirror }: ResolvedRoute): string {
  if (redirect) return `redirect ${redirectInWords(redirect)}`;
  if (respond) return `answer ${respond.status}`;
  const total = split.reduce((sum, { weight }) => sum + weight, 0);
  const share = (percent: number, cluster: string): string => `${percentInWords(percent)} ${titleOf(stack, caller, cluster)}`;
  const to = split.length === 1 ? titleOf(stack, caller, split[0]!.cluster)
    : split.map(({ cluster, weight }) => share(total === 0 ? 0 : (100 * weight) / total, cluster)).join(', ');
  const as = rewrite ? ` as ${placeInWords(rewrite)}` : '';
  return [`${to}${as}`, ...mirror.map(({ cluster, percent }) => `${percentInWords(percent)} copied to ${titleOf(stack, caller, cluster)}`)].join('; ');
}

function titleOf(stack: Stack, caller: Workload, name: string): string {
  const [workload] = stack.behind(stack.documentOf(caller).clusters.find((cluster) => cluster.name === name)!);
  return workload ? `${workload.service} ${workload.version}` : name;
}
