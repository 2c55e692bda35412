/** Long streams of bytes over sockets, compared by their checksums. */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { seededRandom } from './random';

/** Sends pseudo-random bytes as fast as the socket takes them, then its end. Returns their checksum. */
export async function pour(socket: Socket, bytes: number, seed: number): Promise<string> {
  const random = seededRandom(seed);
  const block = Buffer.from(Uint8Array.from({ length: 256 * 1024 + 7 }, () => Math.floor(random() * 256)));
  const hash = createHash('sha256');
  for (let left = bytes; left > 0;) {
    const piece = block.subarray(0, Math.min(left, 1 + Math.floor(random() * block.length)));
    hash.update(piece);
    left -= piece.length;
    if (!socket.write(Buffer.from(piece))) await new Promise((resolve) => { socket.once('drain', resolve); });
  }
  socket.end();
  return hash.digest('hex');
}

/** The checksum of all that comes until the end. */
export function drain(socket: Socket): Promise<string> {
  const hash = createHash('sha256');
  socket.removeAllListeners('data');
  return new Promise((resolve, reject) => {
    socket.on('data', (bytes) => hash.update(bytes)).on('end', () => resolve(hash.digest('hex'))).on('error', reject);
  });
}
