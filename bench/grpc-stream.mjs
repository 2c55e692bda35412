/** Answers every call with a stream of messages, one of each stream in a turn of the event loop, so that each leaves in a frame of its own. */
import { createServer } from 'node:http2';

const [port, messages, bytes] = process.argv.slice(2).map(Number);
const message = Buffer.concat([Buffer.from([0, 0, 0, 0, bytes - 5]), Buffer.alloc(bytes - 5, 'm')]);

createServer({ settings: { maxConcurrentStreams: 1000 } }).on('stream', (stream) => {
  let left = messages;
  const send = () => {
    if (stream.destroyed) return;
    stream.write(message);
    left -= 1;
    if (left > 0) setImmediate(send);
    else stream.end();
  };
  stream.on('error', () => {});
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.resume();
  send();
}).listen(port, '127.0.0.1');
