/** What `cdk8s-mesh simulate` does: reads flags and YAML, runs each policy through each scenario, shows and draws what came of it. */
import { setImmediate } from 'node:timers/promises';
import type { BalancingConfig } from '../../balancing';
import { Plan, Simulation } from '../../simulation';
import type { Arguments } from '../command-line/command';
import { writeOutput } from '../command-line/output-file';
import { Screen } from '../terminal/screen';
import { bar, percent } from '../terminal/table';
import { readOptions } from './options';
import { Plot, svgOf } from './plot';
import { reportOf, Run, titleOfComparison } from './report';

/** Events between two looks at the terminal: some hundredths of a second. */
const SLICE = 50_000;

/** Settles with the exit code. */
export async function simulate(args: Arguments): Promise<number> {
  const options = readOptions(args);
  const screen = new Screen(process.stdout);
  for (const line of titleOfComparison(options)) screen.say(line);
  const plots: Plot[] = [];
  for (const scenario of options.scenarios) {
    const plan = scenario.plan(options.base);
    const runs: Run[] = [];
    for (const [index, balancing] of options.balancings.entries()) {
      const label = `${scenario.name}  ${balancing.loadBalancing.type}  ${index + 1} of ${options.balancings.length}`;
      runs.push(await run(plan, balancing, options.seed, (done) => screen.show(() => [`${label}  ${bar(done, 30)} ${percent(done)}`])));
    }
    screen.clear();
    screen.say('');
    for (const line of reportOf(scenario.name, scenario.about, plan, runs, screen.paint)) screen.say(line);
    plots.push({ title: `${options.title}: ${scenario.name}`, plan, runs });
  }
  screen.say('');
  screen.say(`* ${args.has('policy') || !args.has('service') ? 'chosen' : "the service's own"}. Percentiles are of requests that succeeded.`);
  if (options.svg !== undefined) writePlots(options.svg, plots, screen);
  return 0;
}

async function run(plan: Plan, balancing: BalancingConfig, seed: number, onProgress: (done: number) => void): Promise<Run> {
  const simulation = new Simulation(plan, balancing, seed);
  while (!simulation.step(SLICE)) {
    onProgress(simulation.progress);
    // Lets a signal in.
    await setImmediate();
  }
  return { policy: balancing.loadBalancing, zoneAware: balancing.zoneAware !== undefined, measurements: simulation.measurements };
}

function writePlots(file: string, plots: readonly Plot[], screen: Screen): void {
  writeOutput(file, 'plot', svgOf(plots));
  screen.say(`plot written to ${file}`);
}
