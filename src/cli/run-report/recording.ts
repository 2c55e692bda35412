/**
 * What is kept of a run for its report: the figures of each call, second by second, and what happened when. A run may last for days, so there
 * are at most so many steps; when these are used up, every second one is dropped and from then on half as many are kept.
 */
import type { Figures, MeshEvent, ServiceId, Snapshot } from '../live';

/** Steps that are kept: more points than a line has pixels. */
export const MAX_STEPS = 1_200;

/** Events that are kept, the first ones: those of the beginning explain what came later. */
export const MAX_EVENTS = 1_000;

/** A call at one moment. */
export interface CallStep {
  readonly seconds: number;
  readonly figures: Figures;
}

/** All that one service sent to another. */
export interface RecordedCall {
  readonly from: ServiceId;
  readonly to: ServiceId;
  readonly steps: readonly CallStep[];
}

export interface RecordedService {
  readonly id: ServiceId;
  readonly kind: 'service' | 'gateway' | 'outside';
  /** Fewest and most pods that answered at a time. */
  readonly fewestPods: number;
  readonly mostPods: number;
}

export interface RecordedEvent {
  readonly seconds: number;
  readonly text: string;
  /** `done`: somebody did it, as in a kill. The others were seen. */
  readonly severity: MeshEvent['severity'] | 'done';
}

export interface Recording {
  /** Milliseconds since 1970. */
  readonly beganAt: number;
  readonly seconds: number;
  readonly services: readonly RecordedService[];
  readonly calls: readonly RecordedCall[];
  readonly events: readonly RecordedEvent[];
  /** Events that were not kept. */
  readonly eventsLeft: number;
}

export class Recorder {
  private readonly calls = new Map<string, { readonly from: ServiceId; readonly to: ServiceId; steps: CallStep[] }>();
  private readonly services = new Map<ServiceId, RecordedService>();
  private readonly events: RecordedEvent[] = [];
  private eventsLeft = 0;
  private last: number;
  private looks = 0;
  /** One of so many looks is kept. */
  private every = 1;

  /** @param beganAt milliseconds since 1970 */
  constructor(private readonly beganAt: number) {
    this.last = beganAt;
  }

  add(snapshot: Snapshot, events: readonly MeshEvent[]): void {
    this.last = snapshot.at;
    for (const { at, text, severity } of events) this.note(at, text, severity);
    for (const { id, kind, pods } of snapshot.services) {
      const { fewestPods, mostPods } = this.services.get(id) ?? { fewestPods: Infinity, mostPods: 0 };
      this.services.set(id, { id, kind, fewestPods: Math.min(fewestPods, pods.length), mostPods: Math.max(mostPods, pods.length) });
    }
    if (snapshot.seconds <= 0 || this.looks++ % this.every !== 0) return;
    for (const { from, to, figures } of snapshot.edges) {
      const key = `${from} ${to}`;
      const call = this.calls.get(key) ?? { from, to, steps: [] };
      this.calls.set(key, call);
      call.steps.push({ seconds: this.secondsAt(snapshot.at), figures });
    }
    if ([...this.calls.values()].some(({ steps }) => steps.length > MAX_STEPS)) this.thin();
  }

  /** Somebody did something. @param at milliseconds since 1970 */
  mark(at: number, text: string): void {
    this.last = Math.max(this.last, at);
    this.note(at, text, 'done');
  }

  get recording(): Recording {
    return {
      beganAt: this.beganAt,
      seconds: this.secondsAt(this.last),
      services: [...this.services.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
      calls: [...this.calls.values()].sort((a, b) => (`${a.from} ${a.to}` < `${b.from} ${b.to}` ? -1 : 1)),
      events: [...this.events].sort((a, b) => a.seconds - b.seconds),
      eventsLeft: this.eventsLeft,
    };
  }

  private note(at: number, text: string, severity: RecordedEvent['severity']): void {
    if (this.events.length < MAX_EVENTS) this.events.push({ seconds: this.secondsAt(at), text, severity });
    else this.eventsLeft++;
  }

  private thin(): void {
    this.every *= 2;
    for (const call of this.calls.values()) call.steps = call.steps.filter((_, index) => index % 2 === 0);
  }

  private secondsAt(at: number): number {
    return Math.max(0, (at - this.beganAt) / 1_000);
  }
}
