/** What `cdk8s-mesh status` does: looks at the mesh once, and prints every check with what it found. */
import type { Arguments } from '../command-line/command';
import { messageOf } from '../command-line/errors';
import type { MeshProxy, Snapshot } from '../live';
import { Screen } from '../terminal/screen';
import type { Paint } from '../terminal/table';
import { Check, CHECKS, Finding } from './findings';
import { look } from './look';
import { formatOf, withMesh } from './running';

export interface CheckResult {
  readonly check: Check['title'];
  readonly findings: readonly Finding[];
}

/** Settles with the exit code. */
export async function status(args: Arguments): Promise<number> {
  const format = formatOf(args, ['text', 'json']);
  const { snapshot, reasons } = await withMesh(args, async ({ source }) => {
    const seen = await look(source);
    return { snapshot: seen, reasons: await reasonsOf(seen, await source.proxies()) };
  });
  const results = CHECKS.map(({ title, find }): CheckResult => ({ check: title, findings: find(snapshot, reasons) }));
  const screen = new Screen(process.stdout);
  for (const line of format === 'json' ? [JSON.stringify(results)] : reportOf(results, snapshot, screen.paint)) screen.say(line);
  return results.some(({ findings }) => findings.some(({ severity }) => severity === 'error' || args.has('strict'))) ? 1 : 0;
}

/** Why pods are not ready, as they say themselves. */
async function reasonsOf({ services }: Snapshot, proxies: readonly MeshProxy[]): Promise<Map<string, string>> {
  const unready = new Set(services.flatMap(({ pods }) => pods).filter(({ ready }) => !ready).map(({ pod }) => pod));
  const reasons = new Map<string, string>();
  await Promise.all(proxies.filter(({ pod }) => unready.has(pod)).map(async (proxy) => {
    try {
      await proxy.get('/ready');
      reasons.set(proxy.pod, 'was not ready a moment ago, and is now');
    } catch (error) {
      reasons.set(proxy.pod, messageOf(error));
    }
  }));
  return reasons;
}

/** Each check with a mark, its findings below, and how many there are. */
export function reportOf(results: readonly CheckResult[], { services, silent }: Pick<Snapshot, 'services' | 'silent'>, paint: Paint): string[] {
  const all = results.flatMap(({ findings }) => findings);
  const errors = all.filter(({ severity }) => severity === 'error').length;
  const warnings = all.length - errors;
  const pods = services.reduce((sum, service) => sum + service.pods.length, silent.length);
  return [
    ...results.flatMap(({ check, findings }) => [
      `${markOf(findings, paint)} ${check}`,
      ...findings.flatMap(({ severity, where, what, remedy }) => [
        `    ${paint(severity === 'error' ? 'red' : 'yellow', severity)} ${where}: ${what}`,
        paint('dim', `        ${remedy}`),
      ]),
    ]),
    '',
    all.length === 0 ? `all is well (${pods} pods)`
      : `${errors} ${errors === 1 ? 'error' : 'errors'}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'} (${pods} pods)`,
  ];
}

function markOf(findings: readonly Finding[], paint: Paint): string {
  if (findings.length === 0) return paint('green', '√');
  return findings.some(({ severity }) => severity === 'error') ? paint('red', '×') : paint('yellow', '‼');
}
