/** Who of the clients holds memory, and gives it up when the guard says so. */
import type { AcceptedConnection } from '../downstream/accepted-connection';
import type { ServeContext } from '../context';
import type { ListenerSet } from '../downstream/listener-set';
import { MemoryHolders, MUCH_BYTES } from './memory-guard';

export class ClientHolders implements MemoryHolders {
  constructor(private readonly listeners: ListenerSet, private readonly context: ServeContext) {}

  get connections(): number { return this.context.connections; }

  dropBacklogs(): number {
    return this.all().filter((connection) => connection.dropBacklog()).length;
  }

  /** Those that are there for longest come first. */
  closeIdle(most: number): number {
    const idle = this.all().filter((connection) => connection.idle).slice(0, most);
    for (const connection of idle) connection.closeIdle();
    return idle.length;
  }

  breakOff(bytes: number): number {
    const holding = this.all()
      .map((connection) => ({ connection, held: connection.heldBytes }))
      .filter(({ held }) => held >= MUCH_BYTES)
      .sort((a, b) => b.held - a.held);
    let broken = 0;
    for (let left = bytes; left > 0 && broken < holding.length; broken += 1) {
      const { connection, held } = holding[broken]!;
      connection.breakOff();
      left -= held;
    }
    return broken;
  }

  private all(): AcceptedConnection[] {
    return this.listeners.all().flatMap(({ connections }) => [...connections]);
  }
}
