/** What `cdk8s-mesh check` does: reads YAML and flags, runs the lints, and shows what they find. */
import { Finding, grouped, lint, RULES } from '../../planning/lints';
import type { Arguments } from '../command-line/command';
import { parseDurationMs } from '../command-line/duration';
import { UserError } from '../command-line/errors';
import { didYouMean } from '../../contract/nearest';
import { readManifests } from '../model/manifests';
import { readModel } from '../model/read-model';
import { Screen } from '../terminal/screen';
import { Paint, renderTable } from '../terminal/table';
import { Expectations, infoOf } from './info';

/** Settles with the exit code. */
export async function check(args: Arguments): Promise<number> {
  const paths = args.positionals.length > 0 ? args.positionals : ['dist'];
  const off = readRules(args);
  const expectations = readExpectations(args);
  const manifests = readManifests(paths);
  const model = readModel(manifests, paths.join(', '));
  for (const [flag, expected] of [['rps', expectations.requestsPerSecond], ['latency', expectations.latencyMs]] as const) {
    for (const service of expected.keys()) {
      if (model.workloads.some(({ service: name, namespace }) => service === name || service === `${name}.${namespace}`)) continue;
      throw new UserError(`--${flag} names '${service}', which is no service of the YAML.${didYouMean(service, model.workloads.map((workload) => workload.service))}`);
    }
  }
  const findings = grouped(lint({ ...infoOf(manifests, model, expectations), complete: paths.length > 1 }).filter(({ rule }) => !off.has(rule)));
  const screen = new Screen(process.stdout);
  for (const line of reportOf(findings, model.workloads.length, RULES.length - off.size, screen.paint)) screen.say(line);
  return findings.some(({ severity }) => severity === 'error' || args.has('strict')) ? 1 : 0;
}

/** A table of findings, each with its remedy below, and how many there are. */
export function reportOf(findings: readonly Finding[], workloads: number, rules: number, paint: Paint): string[] {
  const looked = `${workloads} ${workloads === 1 ? 'workload' : 'workloads'}, ${rules} rules`;
  if (findings.length === 0) return [`nothing found (${looked})`];
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  return [
    ...renderTable([{ title: '' }, { title: 'rule' }, { title: 'where' }, { title: 'what, and what to do' }], findings.flatMap(
      ({ severity, rule, where, message, remedy }) => [
        [{ text: severity, style: severity === 'error' ? 'red' : 'yellow' }, rule, where, message],
        ['', '', '', { text: remedy, style: 'dim' as const }],
      ] as const,
    ), paint),
    '',
    `${errors} ${errors === 1 ? 'error' : 'errors'}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'} (${looked})`,
  ];
}

function readRules(args: Arguments): Set<string> {
  const names = RULES.map(({ name }) => name);
  for (const name of args.all('off')) {
    if (!names.includes(name)) throw new UserError(`--off names '${name}', which is no rule.${didYouMean(name, names)} There are ${names.join(', ')}`);
  }
  return new Set(args.all('off'));
}

function readExpectations(args: Arguments): Expectations {
  const zones = args.number('zones', { min: 1, max: 100 });
  if (zones !== undefined && !Number.isInteger(zones)) throw new UserError(`--zones must be a whole number, got ${zones}`);
  return {
    zones,
    requestsPerSecond: readByService(args, 'rps', 'its requests a second', 'catalog=40', plainNumber),
    latencyMs: readByService(args, 'latency', 'its time for a request', 'catalog=40ms', milliseconds),
  };
}

/** @param read the number that a text is; NaN when it is none */
function readByService(args: Arguments, flag: string, what: string, example: string, read: (text: string) => number): Map<string, number> {
  return new Map(args.all(flag).map((text) => {
    const [, service, value] = /^([^=]+)=(\d.*)$/.exec(text) ?? [];
    const number = value === undefined ? NaN : read(value);
    if (service === undefined || Number.isNaN(number)) throw new UserError(`--${flag} must be a service and ${what}, such as ${example}, got '${text}'`);
    return [service, number] as const;
  }));
}

function plainNumber(text: string): number {
  return /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : NaN;
}

/** `40ms`, `1.5s`, and `40` for milliseconds. */
function milliseconds(text: string): number {
  return /[a-z]/.test(text) ? parseDurationMs(text) ?? NaN : plainNumber(text);
}
