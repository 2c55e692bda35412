/**
 * What `cdk8s-mesh up` does: reads the YAML, starts the mesh, drives traffic if asked to, shows what happens, and leaves
 * nothing behind. What the mesh is and does is in local-mesh.ts; this file is flags, screen and signals.
 */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Arguments } from '../command-line/command';
import { readDurationMs } from '../command-line/duration';
import { UserError, messageOf } from '../command-line/errors';
import { Behaviour, parseLatency, parseRate, PROMPT } from '../stand-in/behaviour';
import { readAssignments } from './assignments';
import { readOwnFiles } from './certificates';
import { Flow, flowBetween } from './traffic/flow';
import { gatewayForwards, PortForward, readPortForwards } from './traffic/port-forward';
import { LivePage } from './live-page';
import { liveProxies } from './live-proxies';
import { LocalMesh } from './local-mesh';
import { isNamed } from '../model/named-workloads';
import { readManifests } from '../model/manifests';
import { mappingTable } from './mapping-table';
import { MeshModel, titleOf, Workload } from '../model/model';
import { readModelInThread } from '../model/model-thread';
import { OUTSIDE } from './traffic/outside';
import { readModel } from '../model/read-model';
import { RunReport } from '../run-report';
import { systemClock } from '../../proxy/runtime/clock';
import { reportOf } from './report';
import { Body, Screen } from '../terminal/screen';
import { whenStarterGoes } from './starters';
import { selectFrom } from './selection';
import { statusOf, summaryOf } from './status';
import { Tally } from './traffic/tally';
import { Traffic } from './traffic/traffic';
import { watchFiles } from './watch-files';
import { waysIn } from './ways-in';

/** The line for somebody without a terminal comes this often. */
const SUMMARY_SECONDS = 5;

/** With more pods than these, stand-ins share a process. */
const MOST_OWN_STAND_INS = 16;

/** What `--duration` may be. */
const DURATION_BOUNDS = { min: 100, max: 14 * 24 * 3_600_000 };

/** Requests per second along each call, for the live page, when no traffic is asked for: enough to see something. */
const PAGE_RATE = 20;

/** While pods start, the table is drawn this often. */
const STARTING_PERIOD_MS = 200;

/** Settles with the exit code. */
export async function up(args: Arguments): Promise<number> {
  const paths = args.positionals.length > 0 ? args.positionals : ['dist'];
  const { model, leftOut } = selectFrom(readModel(readManifests(paths), paths.join(', ')), args);
  const options = readOptions(args, model);
  const programs = findPrograms();
  const pods = model.workloads.reduce((sum, { replicas }) => sum + replicas, 0);
  const sharedStandIns = pods > MOST_OWN_STAND_INS;
  const mesh = new LocalMesh(model, {
    programs,
    zones: options.zones,
    restart: !args.has('no-restart'),
    addresses: options.addresses,
    command: options.command,
    behaviour: options.behaviour,
    certificates: options.certificates,
    sharedStandIns,
    publicPort: (workload, port) => forwards.find(({ service, front }) => isNamed(workload, service) && front?.listener?.port === port)?.port,
  });
  const flow = options.traffic && flowBetween(mesh, options.traffic.from, options.traffic.to);
  const exposed = readPortForwards(args.all('expose'), mesh);
  const forwards: readonly PortForward[] = [...exposed, ...gatewayForwards(mesh, exposed)];

  const ending = new Ending();
  const screen = new Screen(process.stdout, () => ending.begin());
  announce(mesh, screen, args.has('verbose'), ending);
  const stopOnSignal = (): void => {
    if (!ending.begun) {
      ending.begin();
      screen.say('stopping ...');
    } else void mesh.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stopOnSignal);
  const stopAlone = (): void => {
    if (ending.begun) return;
    ending.begin();
    screen.say('the process that started this has gone; stopping ...');
  };
  const unwatchStarter = whenStarterGoes(stopAlone);
  process.once('disconnect', stopAlone);

  try {
    for (const outside of model.outside) screen.say(`${outside} has no sidecar and is not run`);
    if (leftOut.length > 0) screen.say(`left out by --only: ${leftOut.join(', ')}; who calls them gets 503`);
    for (const line of scheduled(model)) screen.say(line);
    screen.say(`starting ${pods} ${pods === 1 ? 'pod' : 'pods'} of ${model.workloads.map(titleOf).join(', ')} ...`);
    if (sharedStandIns) screen.say(`the stand-ins of these pods run in one process, as there are more than ${MOST_OWN_STAND_INS}`);
    for (const forward of forwards) await forward.open();
    let waiting: readonly string[] = [];
    mesh.on('waiting', (text) => {
      if (waiting.length === 0) screen.say('all pods are ready; waiting until their sidecars know each other ...');
      waiting = [text];
    });
    const drawing = setInterval(() => screen.show(podsOf(mesh, screen), waiting), STARTING_PERIOD_MS);
    await Promise.race([mesh.start(), ending.reached]).finally(() => clearInterval(drawing));
    screen.clear();
    if (ending.begun) return 0;
    for (const line of mappingTable(mesh, screen.paint, args.has('verbose'))) screen.say(line);
    for (const line of waysIn(forwards, mesh)) screen.say(line);
    const page = args.has('page') ? new LivePage(mesh, { file: programs.page, title: paths.join(', '), behaviour: options.standIn }) : undefined;
    if (page) {
      screen.say(`the live page is at ${await page.open()}`);
      if (!options.traffic && !args.has('run')) page.drive(PAGE_RATE);
    }
    const report = options.report === undefined ? undefined : new RunReport(liveProxies(mesh), systemClock);
    report?.start();
    const read = async (): Promise<MeshModel> => selectFrom(await readModelInThread(programs.cli, paths), args).model;
    const unwatch = args.has('watch') ? applyChanges(paths, read, mesh, screen, ending) : undefined;
    try {
      const { traffic, durationMs } = options;
      return await (flow && traffic ? drive(mesh, flow, traffic, screen, ending, durationMs) : idle(mesh, screen, ending, durationMs));
    } finally {
      unwatch?.();
      report?.stop();
      await page?.close();
      if (report && options.report !== undefined) {
        report.write(options.report, { title: `A run of ${paths.join(', ')}` });
        screen.say(`the report of this run is ${options.report}`);
      }
    }
  } finally {
    unwatchStarter();
    ending.begin();
    screen.clear();
    await Promise.all(forwards.map((forward) => forward.close()));
    await mesh.stop();
  }
}

/** The live table, in as many lines as there are. */
function podsOf(mesh: LocalMesh, screen: Screen, tallies: readonly Tally[] = []): Body {
  return (room) => statusOf(mesh.pods, tallies, 1, screen.paint, room);
}

/** Runs until the end is asked for, or the time is over. */
async function idle(mesh: LocalMesh, screen: Screen, ending: Ending, durationMs: number | undefined): Promise<number> {
  screen.say(durationMs === undefined ? 'running; Ctrl-C stops it' : `running for ${durationMs / 1000} s; Ctrl-C stops it sooner`);
  const draw = (): void => screen.show(podsOf(mesh, screen));
  draw();
  const timer = setInterval(draw, 1_000);
  const over = durationMs === undefined ? undefined : setTimeout(() => ending.begin(), durationMs);
  await ending.reached;
  clearTimeout(over);
  clearInterval(timer);
  return 0;
}

/** Runs with traffic until the end is asked for or the time is over, and reports. */
async function drive(
  mesh: LocalMesh, flow: Flow, { rate, path }: TrafficFlags, screen: Screen, ending: Ending, durationMs: number | undefined,
): Promise<number> {
  screen.say(`driving ${rate} requests a second ${flow.from} -> ${flow.to}${durationMs === undefined ? '; Ctrl-C stops it' : ` for ${durationMs / 1000} s`}`);
  const whole = new Tally(flow);
  let second = new Tally(flow);
  let span = new Tally(flow);
  const began = performance.now();
  const traffic = new Traffic({
    flow, rate, path, trusted: mesh.certificates?.onlyAuthority,
    ...(durationMs === undefined ? {} : { durationMs }),
    onDue: () => whole.due(),
    onOutcome: (outcome) => {
      for (const tally of [whole, second, span]) tally.record(outcome);
    },
  });
  let ticks = 0;
  const timer = setInterval(() => {
    screen.show(podsOf(mesh, screen, [second]), ['', summaryOf(second, 1)]);
    second = new Tally(flow);
    if (!screen.live && ++ticks % SUMMARY_SECONDS === 0) {
      screen.say(summaryOf(span, SUMMARY_SECONDS));
      span = new Tally(flow);
    }
  }, 1_000);
  await Promise.race([traffic.finished, ending.reached]);
  clearInterval(timer);
  const seconds = (performance.now() - began) / 1000;
  await traffic.stop();
  screen.clear();
  screen.say('');
  for (const line of reportOf(whole, seconds, screen.paint)) screen.say(line);
  if (whole.total > 0 && whole.failed === whole.total) {
    screen.say('');
    screen.say('not one request succeeded');
    return 1;
  }
  return 0;
}

/** Says what happens in the mesh. */
function announce(mesh: LocalMesh, screen: Screen, verbose: boolean, ending: Ending): void {
  mesh.on('notice', (text) => {
    if (!ending.begun) screen.say(text);
  });
  mesh.on('pod', (pod, state) => {
    if (!ending.begun && !screen.live) screen.say(`pod ${pod.name} (${titleOf(pod.workload)}) ${state === 'ended' ? 'is gone' : `is ${state}`}`);
  });
  if (verbose) mesh.on('line', (pod, program, line) => screen.say(`${pod} ${program}: ${line}`));
}

/** Applies the YAML after each change, until the returned function is called. */
function applyChanges(paths: readonly string[], read: () => Promise<MeshModel>, mesh: LocalMesh, screen: Screen, ending: Ending): () => void {
  const refuse = (error: unknown): void => {
    if (!ending.begun) screen.say(`the changed YAML is not applied: ${messageOf(error)}`);
  };
  const change = async (): Promise<void> => {
    try {
      const model = await read();
      if (!ending.begun) mesh.apply(model).catch(refuse);
    } catch (error) {
      refuse(error);
    }
  };
  // Read one after the other, the last change is the last to be applied.
  let reading: Promise<void> = Promise.resolve();
  return watchFiles(paths, () => { reading = reading.then(change); });
}

interface TrafficFlags {
  readonly from: string;
  readonly to: string;
  readonly rate: number;
  readonly path: string;
}

function readOptions(args: Arguments, model: MeshModel) {
  const command = readAssignments('run', args.all('run'), model, (text) => text);
  const latency = readAssignments('latency', args.all('latency'), model, parseLatency);
  const failureRate = readAssignments('fail', args.all('fail'), model, parseRate);
  for (const workload of model.workloads) {
    if (command(workload) !== undefined && (latency.named(workload) ?? failureRate.named(workload)) !== undefined) {
      throw new UserError(`--latency and --fail steer stand-ins; '${workload.service}' runs your own program (--run), which decides for itself`);
    }
  }
  const zones = args.text('zones')?.split(',').map((zone) => zone.trim());
  if (zones?.some((zone) => zone === '')) throw new UserError(`--zones must be names with commas between, got '${args.text('zones')}'`);
  const addresses = args.text('addresses') ?? 'auto';
  if (addresses !== 'auto' && addresses !== 'per-pod' && addresses !== 'shared') {
    throw new UserError(`--addresses must be 'per-pod' or 'shared', got '${addresses}'`);
  }
  const behaviour = (workload: Workload): Behaviour =>
    ({ latency: latency(workload) ?? PROMPT.latency, failureRate: failureRate(workload) ?? PROMPT.failureRate });
  return {
    command, addresses, zones: zones ?? ['local'], behaviour,
    certificates: readOwnFiles(args.all('certificate'), model),
    report: readReportFile(args),
    /** Undefined for the user's own program. */
    standIn: (workload: Workload) => (command(workload) === undefined ? behaviour(workload) : undefined),
    traffic: readTraffic(args),
    durationMs: readDuration(args),
  } as const;
}

/** Found out before the run that the file can't be written after it. */
function readReportFile(args: Arguments): string | undefined {
  const file = args.text('report');
  if (file === undefined) return undefined;
  if (!existsSync(dirname(resolve(file)))) throw new UserError(`--report: there is no folder '${dirname(file)}' for '${file}'`);
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw new UserError(`--report: '${file}' is a folder; name a file, such as '${join(file, 'run.html')}'`);
  return file;
}

function readTraffic(args: Arguments): TrafficFlags | undefined {
  const rate = args.number('rps', { min: 0.01, max: 100_000 });
  if (rate === undefined) {
    const other = ['to', 'from', 'path'].find((flag) => args.has(flag));
    if (other !== undefined) throw new UserError(`--${other} belongs to traffic; say how much with --rps RATE`);
    return undefined;
  }
  const to = args.text('to');
  if (to === undefined) throw new UserError('--rps needs to know who is called: --to SERVICE');
  const path = args.text('path') ?? '/';
  if (!/^\/[\x21-\x7e]*$/.test(path)) throw new UserError(`--path must begin with / and have no spaces, got '${path}'`);
  return { from: args.text('from') ?? OUTSIDE, to, rate, path };
}

/** Undefined: until Ctrl-C. */
function readDuration(args: Arguments): number | undefined {
  const duration = args.text('duration');
  return duration === undefined ? undefined : readDurationMs('duration', duration, DURATION_BOUNDS);
}

/** The bundles: this file's own, and the proxy's and the live page beside it. */
export function findPrograms(folder: string = __dirname): { readonly cli: string; readonly proxy: string; readonly page: string } {
  const programs = { cli: join(folder, 'cdk8s-mesh.js'), proxy: join(folder, 'proxy.js'), page: join(folder, 'page.html') };
  for (const file of Object.values(programs)) {
    if (!existsSync(file)) throw new UserError(`${file} is missing; in a clone of the repository, build it first (npm run build)`);
  }
  return programs;
}

/** The moment at which somebody wants it to end. */
class Ending {
  begun = false;
  readonly reached: Promise<void>;
  private settle!: () => void;

  constructor() {
    this.reached = new Promise((resolve) => { this.settle = resolve; });
  }

  begin(): void {
    this.begun = true;
    this.settle();
  }
}

/** What becomes of CronJobs, whose time nobody waits for here. */
function scheduled({ workloads }: MeshModel): string[] {
  return workloads.filter(({ kind }) => kind === 'CronJob').map(({ name, replicas }) => (replicas === 0
    ? `CronJob '${name}' is suspended and is not run` : `CronJob '${name}' is run once, now, whatever its schedule says`));
}
