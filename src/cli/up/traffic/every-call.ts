/** Requests along every call of a mesh at one rate, so that somebody who looks at it sees all of it at work. */
import { calleesOf } from '../../model/callees';
import type { MeshModel } from '../../model/model';
import type { LocalMesh } from '../local-mesh';
import { Flow, flowBetween } from './flow';
import { Traffic } from './traffic';

/** Requests per second over all calls: what a laptop does beside everything else. */
const MAX_TOTAL_RATE = 2_000;

export class EveryCall {
  private traffic: readonly Traffic[] = [];
  private current = 0;

  constructor(private readonly mesh: LocalMesh) {}

  /** Requests per second along each call. */
  get rate(): number { return this.current; }

  /** The highest rate that can be asked for. */
  get maxRate(): number { return Math.max(1, Math.floor(MAX_TOTAL_RATE / Math.max(1, callsOf(this.mesh.model).length))); }

  /** From now on requests are sent at this rate; 0 for none. */
  drive(rate: number): void {
    this.stop();
    this.current = Math.min(rate, this.maxRate);
    if (this.current === 0) return;
    this.traffic = callsOf(this.mesh.model).map(([from, to]): Flow => flowBetween(this.mesh, from, to)).map((flow) =>
      new Traffic({ flow, rate: this.current, path: '/', onOutcome: () => undefined }));
  }

  /** Requests under way are left to end by themselves. */
  stop(): void {
    this.current = 0;
    for (const traffic of this.traffic) void traffic.stop();
    this.traffic = [];
  }
}

/** Each pair of services of the files of which one calls the other. */
export function callsOf(model: MeshModel): (readonly [from: string, to: string])[] {
  const calls = new Map<string, readonly [string, string]>();
  for (const { service, namespace, config } of model.workloads) {
    for (const callee of calleesOf(config, model)) {
      if (callee.namespace === undefined) continue;
      const call = [`${service}.${namespace}`, `${callee.service}.${callee.namespace}`] as const;
      calls.set(call.join(' '), call);
    }
  }
  return [...calls.values()];
}
