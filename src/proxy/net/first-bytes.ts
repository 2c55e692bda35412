/**
 * Waits for the first bytes of a client, and hands them to the reader of the connection: TLS or the codec. Node's stream reads them, since it can
 * put bytes back, and TLS takes them from there.
 */
import type { Socket } from 'node:net';
import { Timeout, TimeoutQueue } from '../runtime/timeouts';

/** The first byte of a TLS connection: the type of a record of a handshake (RFC 8446 section 5.1). */
const TLS_HANDSHAKE = 0x16;

export function beginsTls(bytes: Buffer): boolean {
  return bytes[0] === TLS_HANDSHAKE;
}

/**
 * @param time   how long it may take
 * @param onNone nothing has come: in time, or before the client ended its side; the connection is closed
 * @param onRead gets what has come, at least one byte
 */
export function readFirstBytes(socket: Socket, time: TimeoutQueue, onNone: (why: 'timeout' | 'closed') => void, onRead: (bytes: Buffer) => void): void {
  const finish = (): void => {
    timeout.stop();
    for (const [event, listener] of listeners) socket.off(event, listener);
  };
  const giveUp = (why: 'timeout' | 'closed'): void => {
    finish();
    socket.on('error', () => {});
    socket.destroy();
    onNone(why);
  };
  const timeout = new Timeout(() => giveUp('timeout'));
  const onData = (bytes: Buffer): void => {
    finish();
    onRead(bytes);
  };
  const onClosed = (): void => giveUp('closed');
  const listeners: readonly (readonly [string, (bytes: Buffer) => void])[] = [['data', onData], ['end', onClosed], ['close', onClosed], ['error', () => {}]];
  for (const [event, listener] of listeners) socket.on(event, listener);
  timeout.start(time);
}
