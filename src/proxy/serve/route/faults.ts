/**
 * Faults that a route injects: the decision alone. Each fault is a trial of its own for the requests that it matches; the first
 * one that strikes is it. What is read of a request is its head, and reading makes no strings.
 */
import type { FaultConfig } from '../../../contract';
import { fieldName, isWord } from '../../http1/bytes';
import type { RequestHead } from '../../http1/request-head';
import type { TimeoutQueue, TimeoutQueues } from '../../runtime/timeouts';

/** What is done to a request: a wait first, when there is one, then an answer, when there is one. */
export interface InjectedFault {
  /** Undefined: no wait. */
  readonly delay: TimeoutQueue | undefined;
  /** 0: the request is sent on. */
  readonly abortStatus: number;
}

interface Trial extends InjectedFault {
  /** Chance, 0 to 1. */
  readonly chance: number;
  /** Name of a header field in lower case; undefined: every request matches. */
  readonly name: Uint8Array | undefined;
  /** Its value; undefined: any. */
  readonly value: Buffer | undefined;
}

export class FaultInjector {
  private readonly trials: readonly Trial[];

  /** @param random uniform in [0, 1) */
  constructor(configs: readonly FaultConfig[], timeouts: Pick<TimeoutQueues, 'of'>, private readonly random: () => number) {
    this.trials = configs.map(({ percent, header, delayMs, abortStatus = 0 }) => ({
      chance: percent / 100,
      name: header && fieldName(header.name),
      value: header?.value === undefined ? undefined : Buffer.from(header.value, 'latin1'),
      delay: delayMs === undefined ? undefined : timeouts.of(delayMs),
      abortStatus,
    }));
  }

  /** What is to be done to the request whose head is in `buffer`; undefined for nothing. */
  decide(buffer: Buffer, head: RequestHead): InjectedFault | undefined {
    for (const trial of this.trials) {
      if (matches(trial, buffer, head) && this.random() < trial.chance) return trial;
    }
    return undefined;
  }
}

function matches({ name, value }: Trial, buffer: Buffer, { fields }: RequestHead): boolean {
  if (!name) return true;
  for (let i = 0; i < fields.count; i += 1) {
    if (!isWord(buffer, fields.nameStart(i), fields.nameEnd(i), name)) continue;
    const start = fields.valueStart(i);
    const end = fields.valueEnd(i);
    if (!value || (end - start === value.length && buffer.compare(value, 0, value.length, start, end) === 0)) return true;
  }
  return false;
}
