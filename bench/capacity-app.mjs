/**
 * The app of bench/capacity.mjs: works on a few requests at a time, the others wait in it in order. Times are exponential. A place that is
 * free again at 20.3 ms begins its next request at 20.3 ms, although the timer comes later: so the app's capacity is exactly what it says.
 *
 *   PORT=8080 HOST=127.0.0.1 node bench/capacity-app.mjs CONCURRENCY MEAN_MS
 *
 * `/at-once` is answered without work, to measure the way alone.
 */
import { createServer } from 'node:http';

const [concurrency, meanMs] = process.argv.slice(2).map(Number);
const { PORT, HOST } = process.env;

/** @type {{ readonly response: import('node:http').ServerResponse, readonly at: number }[]} */
const waiting = [];
const free = new Array(concurrency).fill(0);

function begin() {
  while (free.length > 0) {
    const next = waiting.shift();
    if (!next) return;
    const { response, at } = next;
    const until = Math.max(at, free.shift()) - Math.log(1 - Math.random()) * meanMs;
    setTimeout(() => {
      response.end('ok');
      free.push(until);
      begin();
    }, Math.max(0, until - performance.now()));
  }
}

const server = createServer((request, response) => {
  if (request.url === '/at-once') {
    response.end('ok');
    return;
  }
  waiting.push({ response, at: performance.now() });
  begin();
});
server.keepAliveTimeout = 120_000;
server.listen(Number(PORT), HOST);
process.on('SIGTERM', () => process.exit(0));
