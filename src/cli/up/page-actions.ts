/** What the live page can do to the mesh on this machine: harm it, shift weights, and drive traffic. */
import { UserError } from '../command-line/errors';
import { titleOf, Workload } from '../model/model';
import type { Action, Controls, PageActions, VersionControls } from '../page';
import { Behaviour, Latency, PROMPT } from '../stand-in/behaviour';
import type { LocalMesh } from './local-mesh';
import type { EveryCall } from './traffic/every-call';
import { weightsOf, withWeights } from './weights';

export class LocalActions implements PageActions {
  /** What was asked for, by the title of the workload. */
  private readonly behaviours = new Map<string, Behaviour>();

  /** @param behaviourOf how its stand-ins behave at first; undefined for the user's own program */
  constructor(
    private readonly mesh: LocalMesh,
    private readonly traffic: EveryCall,
    private readonly behaviourOf: (workload: Workload) => Behaviour | undefined,
  ) {}

  controls(): Controls {
    const { model, pods } = this.mesh;
    return {
      traffic: this.traffic.rate,
      zones: [...new Set(pods.map(({ zone }) => zone))].sort(),
      versions: model.workloads.map((workload) => this.controlsOf(workload)),
    };
  }

  async perform(action: Action): Promise<string> {
    switch (action.type) {
      case 'kill': return this.kill(action.pod);
      case 'dropZone': return this.dropZone(action.zone);
      case 'behave': return this.behave(action);
      case 'weights': return this.shift(action.service, action.weights);
      case 'traffic': {
        this.traffic.drive(action.rate);
        const { rate } = this.traffic;
        if (rate === 0) return 'no requests are sent any more';
        return `${rate} requests a second are sent along each call${rate < action.rate ? ', which is all that is sensible with so many calls' : ''}`;
      }
    }
  }

  private controlsOf(workload: Workload): VersionControls {
    const { service, namespace, version } = workload;
    const weight = weightsOf(this.mesh.model, workload).get(version);
    const behaviour = workload.app && (this.behaviours.get(keyOf(workload)) ?? this.behaviourOf(workload));
    return {
      service: `${namespace}/${service}`, version,
      ...(behaviour && { behaviour: { delayMs: meanOf(behaviour.latency), failPercent: behaviour.failureRate * 100 } }),
      ...(weight !== undefined && { weight }),
    };
  }

  private async kill(pod: string): Promise<string> {
    await this.mesh.kill(pod);
    return `${pod} is killed`;
  }

  private async dropZone(zone: string): Promise<string> {
    const pods = this.mesh.pods.filter((pod) => pod.zone === zone);
    if (pods.length === 0) throw new UserError(`there is no pod in the zone '${zone}'`);
    await Promise.all(pods.map((pod) => pod.kill()));
    return `all ${pods.length} pods of ${zone} are killed; their Deployments start others`;
  }

  private behave({ service, version, delayMs, failPercent }: Extract<Action, { type: 'behave' }>): string {
    const workloads = this.workloadsOf(service).filter((workload) => workload.version === version);
    if (workloads.length === 0) throw new UserError(`there is no version '${version}' of '${service}'`);
    for (const workload of workloads) {
      const behaviour = this.behaviours.get(keyOf(workload)) ?? this.behaviourOf(workload);
      if (!behaviour) throw new UserError(`${titleOf(workload)} runs your own program, which decides for itself`);
      // A latency that was declared in another form stays, unless another one is asked for.
      const latency: Latency = meanOf(behaviour.latency) === delayMs ? behaviour.latency : { type: 'fixed', ms: delayMs };
      const wanted = { latency, failureRate: failPercent / 100 };
      this.behaviours.set(keyOf(workload), wanted);
      this.mesh.behave(workload, wanted);
    }
    return `${titleOf(workloads[0]!)} answers ${delayMs === 0 ? 'at once' : `after ${delayMs} ms`}${failPercent === 0 ? '' : ` and fails ${failPercent} % of its requests`}`;
  }

  private async shift(service: string, weights: Readonly<Record<string, number>>): Promise<string> {
    const [workload] = this.workloadsOf(service);
    const before = workload && weightsOf(this.mesh.model, workload);
    if (!workload || !before || before.size < 2) throw new UserError(`requests to '${service}' are not split between versions`);
    const unknown = Object.keys(weights).find((version) => !before.has(version));
    if (unknown !== undefined) throw new UserError(`there is no version '${unknown}' of '${service}'; there are ${[...before.keys()].join(', ')}`);
    const after = new Map([...before, ...Object.entries(weights)]);
    await this.mesh.apply(withWeights(this.mesh.model, workload, after));
    return `weights of ${workload.service}: ${[...after].map(([version, weight]) => `${version} ${weight}`).join(', ')}`;
  }

  private workloadsOf(id: string): Workload[] {
    return this.mesh.model.workloads.filter(({ namespace, service }) => `${namespace}/${service}` === id);
  }
}

function keyOf({ kind, namespace, name }: Workload): string {
  return `${kind}/${namespace}/${name}`;
}

function meanOf(latency: Latency = PROMPT.latency): number {
  switch (latency.type) {
    case 'fixed': return latency.ms;
    case 'uniform': return (latency.fromMs + latency.toMs) / 2;
    case 'exponential': return latency.meanMs;
  }
}
