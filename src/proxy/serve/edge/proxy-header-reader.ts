/**
 * Reads the PROXY header of a connection that has just been accepted, before TLS or HTTP sees a byte of it. It is read by Node's stream, which
 * lets what follows the header be put back.
 */
import type { Socket } from 'node:net';
import { parseProxyHeader } from '../../net/proxy-protocol';
import { Timeout, TimeoutQueue } from '../../runtime/timeouts';

const EMPTY = Buffer.alloc(0);

/** How a header came out. */
export type ProxyHeaderResult = 'v1' | 'v2' | 'local' | 'malformed' | 'timeout' | 'closed';

/**
 * @param time   how long it may take
 * @param count  hears how it came out; unless well, the connection has been broken off
 * @param onRead gets the client's address, undefined when the header has none, and what came behind the header
 */
export function readProxyHeader(
  socket: Socket, time: TimeoutQueue, count: (result: ProxyHeaderResult) => void, onRead: (address: string | undefined, rest: Buffer) => void,
): void {
  let received: Buffer = EMPTY;
  const timeout = new Timeout(() => giveUp('timeout'));
  const onClose = (): void => finish('closed');
  const finish = (result: ProxyHeaderResult): void => {
    timeout.stop();
    for (const [event, listener] of listeners) socket.off(event, listener);
    count(result);
  };
  const giveUp = (result: ProxyHeaderResult): void => {
    finish(result);
    socket.on('error', () => {});
    socket.resetAndDestroy();
  };
  const onData = (data: Buffer): void => {
    received = received.length === 0 ? data : Buffer.concat([received, data]);
    const header = parseProxyHeader(received);
    if (header.kind === 'partial') return;
    if (header.kind === 'malformed') {
      giveUp('malformed');
      return;
    }
    finish(header.kind);
    onRead(header.address, received.subarray(header.length));
  };
  const onEnd = (): void => giveUp('closed');
  const listeners: readonly (readonly [string, (data: Buffer) => void])[] = [['data', onData], ['end', onEnd], ['close', onClose], ['error', () => {}]];
  for (const [event, listener] of listeners) socket.on(event, listener);
  timeout.start(time);
}
