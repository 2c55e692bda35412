/**
 * An identity from a SPIFFE agent, in memory only: no file ever has the key. One call is kept open, by which the agent sends a new certificate or new
 * roots when it has some. When the call ends, or gives nothing that can be used, it is made anew after a while, and what was last found good stays
 * in use until it expires.
 */
import type { IdentityConfig } from '../../contract';
import { Backoff } from '../discovery/backoff';
import type { Cancel, Clock } from '../runtime/clock';
import type { WorkloadApiInstruments } from '../telemetry/workload-api-instruments';
import { IdentityMaterial, judgeIdentity } from '../tls/identity-files';
import type { IdentitySource, IdentitySourceListener } from '../tls/identity-source';
import { checkKeyPair } from '../tls/key-pair';
import { readRoots } from '../tls/roots';
import { CallEnd, SvidStream } from './svid-stream';
import { readSvids, Svid } from './x509-svids';

/** How long calls wait after one that failed: for a random time below the first of these, which doubles up to the second. */
export const FIRST_WAIT_MS = 1_000;
export const LONGEST_WAIT_MS = 10_000;
/** How long a document that names an agent waits for its first answer. */
export const FIRST_ANSWER_MS = 2_000;

/** Ids that are named in words. */
const MAX_NAMED = 5;

export interface WorkloadApiDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly instruments: WorkloadApiInstruments;
}

export class WorkloadApiSource implements IdentitySource {
  current: IdentityMaterial | undefined;
  problems: readonly string[] = [];
  private readonly backoff: Backoff;
  private readonly path: string;
  private call: SvidStream | undefined;
  private cancel: Cancel | undefined;
  private isOpen = false;
  private started = false;
  private onFirst: (() => void) | undefined;

  /** Resolves when the agent has answered, the call has failed, or {@link FIRST_ANSWER_MS} are over. */
  static async open(config: IdentityConfig, dependencies: WorkloadApiDependencies, listener: IdentitySourceListener): Promise<WorkloadApiSource> {
    const source = new WorkloadApiSource(config, dependencies, listener);
    await new Promise<void>((resolve) => {
      const cancel = dependencies.clock.after(FIRST_ANSWER_MS, resolve);
      source.onFirst = () => {
        cancel();
        resolve();
      };
      source.begin();
    });
    source.onFirst = undefined;
    return source;
  }

  private constructor(
    private readonly config: IdentityConfig, private readonly dependencies: WorkloadApiDependencies,
    private readonly listener: IdentitySourceListener,
  ) {
    this.path = config.workloadApiSocket!;
    this.backoff = new Backoff(FIRST_WAIT_MS, LONGEST_WAIT_MS, dependencies.random);
    this.problems = [this.said('it has not answered yet')];
  }

  start(): void {
    this.started = true;
    this.dependencies.instruments.observe(() => this.isOpen);
  }

  close(): void {
    this.call?.close();
    this.cancel?.();
    if (this.started) this.dependencies.instruments.forget();
  }

  private begin(): void {
    this.call = new SvidStream(this.path, () => this.dependencies.clock.now(), {
      onMessage: (message) => this.onMessage(message),
      onEnd: (end) => this.onEnd(end),
    });
  }

  private onMessage(message: Buffer): void {
    const problem = this.take(readSvids(message));
    this.isOpen = problem === undefined;
    if (problem === undefined) {
      this.backoff.reset();
    } else {
      this.dependencies.instruments.failure('unusable').value += 1;
      this.reject(problem);
    }
    this.onFirst?.();
  }

  /** @returns what is wrong with the answer */
  private take(svids: readonly Svid[] | undefined): string | undefined {
    if (!svids) return this.said('its answer can\'t be read');
    const { id } = this.config;
    const svid = id === undefined ? svids[0] : svids.find((each) => each.id === id);
    if (!svid) {
      const named = svids.slice(0, MAX_NAMED).map((each) => each.id).join(', ') || 'none';
      const wanted = id === undefined ? '' : `, and not ${id}`;
      return this.said(`it gives this workload the identity ${named}${wanted}; correct the registration entry, or the trust domain and the account that are declared`);
    }
    const pair = checkKeyPair({ certificateFile: this.path, keyFile: this.path }, svid.cert, svid.key);
    if (!pair.ok) return this.said(`its certificate and its key for ${svid.id} can't be used together`);
    const words = { certificate: `the certificate of the Workload API at '${this.path}'`, bundle: 'its bundle' };
    const found = judgeIdentity(this.config, pair.pair, readRoots(`the bundle of the Workload API at '${this.path}'`, svid.bundle, true), words, this.current);
    if (!found.ok) return found.problems.join('; ');
    this.apply(found.material);
    return undefined;
  }

  private apply(material: IdentityMaterial): void {
    const before = this.current;
    const isNews = !before || before.cert !== material.cert || before.ca.join() !== material.ca.join() || this.problems.length > 0;
    this.problems = [];
    this.current = material;
    if (!isNews || !this.started) return;
    this.dependencies.instruments.reload('applied').value += 1;
    this.listener.onApplied(material, before);
  }

  private reject(problem: string): void {
    if (this.problems.length === 1 && this.problems[0] === problem) return;
    this.problems = [problem];
    if (!this.started) return;
    this.dependencies.instruments.reload('rejected').value += 1;
    this.listener.onRejected(this.problems);
  }

  private onEnd({ cause, why }: CallEnd): void {
    const { clock, instruments } = this.dependencies;
    this.isOpen = false;
    instruments.failure(cause).value += 1;
    this.reject(this.said(why));
    this.cancel = clock.after(this.backoff.next(), () => this.begin());
    this.onFirst?.();
  }

  private said(what: string): string {
    return `the Workload API at '${this.path}' can't be used: ${what}`;
  }
}
