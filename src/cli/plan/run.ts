/** What `cdk8s-mesh plan` does: reads YAML and flags, plans, and shows or draws what came of it. */
import type { Arguments } from '../command-line/command';
import { UserError } from '../command-line/errors';
import { writeOutput } from '../command-line/output-file';
import { readManifests } from '../model/manifests';
import { Stack } from '../stack/stack';
import { Screen } from '../terminal/screen';
import { graphOf } from './graph';
import { graphPicture } from './graph-picture';
import { readLoad } from './load';
import { Planned, plannedOf } from './planned';
import { replayOf, replayJson, replayReport } from './replays';
import { replayPicture } from './replay-picture';
import { jsonOf, reportOf } from './report';

/** Settles with the exit code. */
export async function plan(args: Arguments): Promise<number> {
  const paths = args.positionals.length > 0 ? args.positionals : ['dist'];
  const stack = Stack.of(readManifests(paths), paths.join(', '));
  const planned = plannedOf(stack);
  const screen = new Screen(process.stdout);
  const say = (lines: readonly string[], json: object): void => screen.say(args.has('json') ? JSON.stringify(json, undefined, 2) : lines.join('\n'));
  const load = args.text('load');
  if (load === undefined) {
    if (args.has('service')) throw new UserError('--service says whose load is replayed; give --load too');
    const graph = graphOf(stack, planned, readCalls(args));
    say(reportOf(planned, graph, screen.paint), jsonOf(planned, graph));
    write(args, screen, () => graphPicture(planned, graph));
    return planned.some(({ objections }) => objections.some(({ severity }) => severity === 'error')) ? 1 : 0;
  }
  const chosen = chosenOf(stack, planned, args.text('service'));
  const replays = chosen.map((each) => replayOf(each, readLoad(load, each.declared!.capacity)));
  say(replayReport(replays, screen.paint), replayJson(replays));
  write(args, screen, () => replayPicture(replays));
  return 0;
}

function write(args: Arguments, screen: Screen, draw: () => string): void {
  const file = args.text('svg');
  if (file === undefined) return;
  writeOutput(file, 'picture', draw());
  if (!args.has('json')) screen.say(`picture written to ${file}`);
}

/** Workloads whose load is replayed. */
function chosenOf(stack: Stack, planned: readonly Planned[], service: string | undefined): Planned[] {
  const named = service === undefined ? undefined : stack.workloadsNamed(service, '--service');
  const found = planned.filter(({ workload, figures }) => figures && (!named || named.includes(workload)));
  if (found.length === 0) {
    throw new UserError(`${service === undefined ? 'no service' : `'${service}'`} has declared its capacity, which a replay needs; give the MeshService 'capacity'`);
  }
  return found;
}

function readCalls(args: Arguments): Map<string, number> {
  return new Map(args.all('calls').map((text) => {
    const [, name, number] = /^([^/=]+\/[^/=]+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
    if (name === undefined) throw new UserError(`--calls must be a caller, a callee and a number, such as web/catalog=3, got '${text}'`);
    return [name, Number(number)] as const;
  }));
}
