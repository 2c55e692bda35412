/** Passes on the first byte of its first client, and the rest when it is told to: so a handshake begins, and goes on later. */
import { AddressInfo, connect, createServer, Socket } from 'node:net';

export interface HoldingRelay {
  readonly port: number;
  /** The first byte was sent. */
  readonly holds: Promise<void>;
  release(): void;
}

/** @param port where it leads to */
export async function holdingRelay(cleanups: (() => unknown)[], port: number): Promise<HoldingRelay> {
  let release = (): void => {};
  let onHeld = (): void => {};
  const holds = new Promise<void>((resolve) => { onHeld = resolve; });
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    const behind = connect(port, '127.0.0.1');
    sockets.push(client, behind);
    for (const socket of [client, behind]) socket.on('error', () => {});
    behind.pipe(client);
    if (sockets.length > 2) {
      client.pipe(behind);
      return;
    }
    client.once('data', (bytes: Buffer) => {
      client.pause();
      behind.write(bytes.subarray(0, 1), () => onHeld());
      release = () => {
        behind.write(bytes.subarray(1));
        client.pipe(behind);
      };
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  cleanups.push(() => new Promise((resolve) => { server.close(resolve); sockets.forEach((socket) => socket.destroy()); }));
  return { port: (server.address() as AddressInfo).port, holds, release: () => release() };
}
