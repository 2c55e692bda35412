/** The time of a run and what is to happen in it. All parts of a simulation schedule their events here and read the one clock. */
import { EventQueue } from './event-queue';
import type { Slots } from './slots';

export const enum Kind {
  ARRIVAL,
  /** An attempt comes to its endpoint. */
  REACHED,
  /** Work on it is done. */
  DONE,
  /** An answer comes to its caller. */
  ANSWER,
  /** A connection could not be made, or broke. */
  UNCONNECTED,
  BROKEN,
  /** An attempt has taken as long as one may. */
  TRY_TIMEOUT,
  /** An attempt has taken so long that another one may start beside it. */
  HEDGE,
  /** A request has waited long enough before it is sent again. */
  RETRY,
  /** The earliest deadline is over. */
  DEADLINE,
  CHANGE,
  /** What was asked for by {@link Timeline.callAfter}. */
  TASK,
}

export class Timeline {
  /** Milliseconds from the beginning. */
  now = 0;
  readonly queue = new EventQueue();
  private readonly tasks = new Map<number, () => void>();
  private lastTask = 0;

  /** Goes on to the next event, which `queue` shows then. */
  advance(): void {
    this.queue.next();
    this.now = this.queue.time;
  }

  /** @param serial by which an event that is meant for an earlier life of its subject is told */
  after(ms: number, kind: Kind, subject: number, serial = 0): void {
    this.queue.schedule(this.now + ms, kind, subject, serial);
  }

  /** Something that happens to a request or an attempt, unless it ends before. */
  afterOf({ serial }: Slots, subject: number, ms: number, kind: Kind): void {
    this.queue.schedule(this.now + ms, kind, subject, serial[subject]!);
  }

  /** Calls `task` once after so many milliseconds, unless what this returns is called before. For what is rare. */
  callAfter(ms: number, task: () => void): () => void {
    const id = this.lastTask++;
    this.tasks.set(id, task);
    this.after(ms, Kind.TASK, id);
    return () => this.tasks.delete(id);
  }

  /** The time of a task has come. */
  runTask(id: number): void {
    const task = this.tasks.get(id);
    this.tasks.delete(id);
    task?.();
  }
}
