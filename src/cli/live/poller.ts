/** Looks at a mesh again and again, and hands out what it sees. A look that takes long delays the next one; looks never pile up. */
import type { Clock } from '../../proxy/runtime/clock';
import { messageOf } from '../command-line/errors';
import type { MeshEvent } from './events';
import type { Snapshot } from './snapshot';
import type { SnapshotSource } from './snapshot-source';

export interface PollerOptions {
  readonly source: SnapshotSource;
  readonly clock: Clock;
  /** From the end of one look to the beginning of the next. Absent: 1 s. */
  readonly periodMs?: number;
  onSnapshot(snapshot: Snapshot, events: readonly MeshEvent[]): void;
  /** The mesh can't be looked at. The next look tries again. */
  onProblem(problem: string): void;
}

const PERIOD_MS = 1_000;

export class Poller {
  private cancel: (() => void) | undefined;
  private stopped = false;

  constructor(private readonly options: PollerOptions) {}

  start(): void {
    void this.run();
  }

  stop(): void {
    this.stopped = true;
    this.cancel?.();
  }

  private async run(): Promise<void> {
    const { source, clock, periodMs = PERIOD_MS, onSnapshot, onProblem } = this.options;
    try {
      const { snapshot, events } = await source.look();
      if (!this.stopped) onSnapshot(snapshot, events);
    } catch (error) {
      if (!this.stopped) onProblem(messageOf(error));
    }
    if (!this.stopped) this.cancel = clock.after(periodMs, () => void this.run());
  }
}
