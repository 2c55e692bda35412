/**
 * Sends requests at a fixed rate over keep-alive connections until its input ends, waits for the answers, and prints what became of
 * every request as one line of JSON. Runs in a pod: `node - URL RATE METHOD`, with this file as the program.
 */
const { Agent, request } = require('node:http');

// With the program read from standard input by the shell's `-e`, the arguments follow it.
const [url, rate, method] = process.argv.slice(1);
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const PATIENCE_MS = 20_000;
const KEPT_FAILURES = 20;
const TICK_MS = 5;

const began = performance.now();
const tally = { sent: 0, failed: 0, passedBy: 0, byPod: {}, failures: [], latencies: [] };
let open = 0;
let stopped = false;
/** Failed requests and successes in the order in which they were due, for the longest outage. */
const outcomes = [];

function send() {
  const index = tally.sent;
  const dueMs = performance.now() - began;
  tally.sent += 1;
  open += 1;
  let over = false;
  const end = (failure) => {
    if (over) return;
    over = true;
    open -= 1;
    outcomes[index] = { dueMs, failed: failure !== undefined };
    if (failure === undefined) {
      tally.latencies.push(performance.now() - began - dueMs);
    } else {
      tally.failed += 1;
      if (tally.failures.length < KEPT_FAILURES) tally.failures.push(`${Math.round(dueMs)} ms: ${failure}`);
    }
    if (stopped && open === 0) report();
  };
  const body = method === 'POST' ? 'x=1' : undefined;
  const sent = request(url, { method, agent, timeout: PATIENCE_MS, headers: body ? { 'content-length': body.length } : {} });
  sent.on('response', (response) => {
    // An outbound listener of a sidecar has a loopback address; anything else is a way past it.
    if (!/^(::ffff:)?127\./.test(response.socket.remoteAddress ?? '127.')) tally.passedBy += 1;
    let text = '';
    response.on('data', (chunk) => { text += chunk; });
    response.on('error', (error) => end(`body: ${error.code ?? error.message}`));
    response.on('end', () => {
      if (response.statusCode !== 200) {
        end(`${response.statusCode} ${response.headers['proxy-status'] ?? ''} ${text.slice(0, 120).replace(/\s+/g, ' ')}`);
        return;
      }
      const { pod } = JSON.parse(text);
      tally.byPod[pod] = (tally.byPod[pod] ?? 0) + 1;
      end();
    });
  });
  sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
  sent.on('error', (error) => end(error.code ?? error.message));
  sent.end(body);
}

function tick() {
  const due = ((performance.now() - began) / 1_000) * Number(rate);
  while (tally.sent < due) send();
}

function longestOutageMs() {
  let longest = 0;
  let since;
  for (const { dueMs, failed } of outcomes) {
    if (!failed) {
      if (since !== undefined) longest = Math.max(longest, dueMs - since);
      since = undefined;
    } else {
      since ??= dueMs;
    }
  }
  return since === undefined ? longest : Math.max(longest, outcomes.at(-1).dueMs - since);
}

function report() {
  const sorted = tally.latencies.sort((a, b) => a - b);
  const percentile = (share) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
  const { sent, failed, passedBy, byPod, failures } = tally;
  const latency = { p50: percentile(0.5), p99: percentile(0.99) };
  console.log(JSON.stringify({ sent, failed, passedBy, byPod, failures, longestOutageMs: longestOutageMs(), ...latency }));
  process.exit(0);
}

const timer = setInterval(tick, TICK_MS);
console.log('started');
process.stdin.resume();
process.stdin.on('end', () => {
  clearInterval(timer);
  stopped = true;
  if (open === 0) report();
});
