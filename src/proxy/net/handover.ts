/**
 * Sockets that outlive a process. The supervisor of the image (image/supervisor.c) starts the proxy again when it dies, and listens in
 * its place meanwhile, so that connections wait instead of being refused. The two agree on:
 *
 *   - `MESH_SOCKETS_FD`: a pipe into which the proxy writes where it listens, the whole list each time: lines `listen ADDRESS PORT`, then
 *     `end`;
 *   - `MESH_SOCKETS`: the sockets that were kept, as `ADDRESS|PORT=FD` with commas between. Whatever isn't used must be closed, or
 *     connections to it would wait for ever.
 *
 * For a proxy in one process: with workers, sockets belong to the primary's own machinery.
 */
import { closeSync, writeSync } from 'node:fs';

export const ENV_SOCKETS = 'MESH_SOCKETS';
export const ENV_SOCKETS_FD = 'MESH_SOCKETS_FD';

/** Where something listens. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

export class SocketHandover {
  private readonly kept = new Map<string, number>();
  private readonly pipe: number | undefined;
  private told = '';

  /** Reads what the supervisor left in the environment, and takes it out: no child of this process may think it was meant. */
  constructor(env: Record<string, string | undefined>) {
    for (const entry of (env[ENV_SOCKETS] ?? '').split(',')) {
      const [, key, fd] = /^([^=]+)=(\d+)$/.exec(entry) ?? [];
      if (key !== undefined) this.kept.set(key, Number(fd));
    }
    const pipe = env[ENV_SOCKETS_FD] ?? '';
    this.pipe = /^\d+$/.test(pipe) ? Number(pipe) : undefined;
    delete env[ENV_SOCKETS];
    delete env[ENV_SOCKETS_FD];
  }

  /** The socket that was kept there, which is the caller's from now on; undefined when there is none. */
  take({ address, port }: SocketAddress): number | undefined {
    const key = `${address}|${port}`;
    const fd = this.kept.get(key);
    this.kept.delete(key);
    return fd;
  }

  /** Closes what nobody took. */
  closeRest(): void {
    for (const fd of this.kept.values()) closeSync(fd);
    this.kept.clear();
  }

  /** This is where the proxy listens now. */
  tell(addresses: readonly SocketAddress[]): void {
    if (this.pipe === undefined) return;
    const text = `${addresses.map(({ address, port }) => `listen ${address} ${port}\n`).join('')}end\n`;
    if (text === this.told) return;
    this.told = text;
    try {
      writeSync(this.pipe, text);
    } catch {
      // Nobody reads any more; then nobody will listen in the proxy's place either.
    }
  }
}
