/** What a backend's program and its server, of whichever protocol, know of each other. */
import type { Server } from 'node:net';
import type { Manner } from './manner';

export interface Backend {
  readonly pod: string;
  manner(): Manner;
  /** Writes a request down, and calls back when it is time to answer it. */
  execute(method: string, id: string, answer: () => void): void;
}

export interface BackendServer {
  readonly server: Server;
  /** It takes no more connections. Ends those that are open, each after what is under way on it. */
  drain(): void;
}
