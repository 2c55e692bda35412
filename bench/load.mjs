/**
 * Two kinds of load. `saturate` (wrk) keeps every connection busy: it shows throughput and CPU per request, and its
 * latency is mostly queueing. `atRate` sends at a fixed rate whatever comes back, as callers do, and shows what the proxy
 * adds to a request's time when it is not overloaded.
 */
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { programOf } from './processes.mjs';

const SCRIPT = fileURLToPath(new URL('wrk-report.lua', import.meta.url));

/** Runs wrk on one core; resolves to requests, seconds, percentiles in microseconds, errors. */
export async function saturate({ host, port, path, connections, seconds, core }) {
  const args = ['--cpu-list', String(core), programOf('wrk'), '-t1', `-c${connections}`, `-d${seconds}s`, '-s', SCRIPT, `http://${host}:${port}${path}`];
  const child = spawn('taskset', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => { output += chunk; });
  child.stderr.on('data', (chunk) => { output += chunk; });
  await new Promise((done) => { child.on('close', done); });
  const line = /^RESULT (.*)$/m.exec(output)?.[1];
  if (!line) throw new Error(`wrk gave no result:\n${output}`);
  return JSON.parse(line);
}

/**
 * Sends `rate` requests a second over keep-alive connections for some seconds. A request's time begins when it is due,
 * so one that waits for a free connection shows it. Due times are checked once a millisecond: what is due is sent then,
 * and its time counts from then.
 */
export async function atRate({ host, port, path, connections, seconds, rate }) {
  const pool = await Promise.all(Array.from({ length: connections }, () => openConnection(host, port, path)));
  const times = [];
  const waiting = [];
  const idle = [...pool];
  let errors = 0;
  let sent = 0;
  const total = Math.round(rate * seconds);

  const finished = new Promise((done) => {
    const began = performance.now();
    const settle = (connection, since, failed) => {
      if (failed) errors++;
      else times.push(performance.now() - since);
      if (times.length + errors === total) return done();
      const next = waiting.shift();
      if (next !== undefined) send(connection, next);
      else idle.push(connection);
      return undefined;
    };
    const send = (connection, since) => connection.request((failed) => settle(connection, since, failed));
    const tick = () => {
      const now = performance.now();
      for (; sent < Math.min(total, (now - began) * rate / 1000); sent++) {
        const connection = idle.shift();
        if (connection) send(connection, now);
        else waiting.push(now);
      }
      if (sent < total) setTimeout(tick, 1);
    };
    tick();
  });
  await finished;
  for (const connection of pool) connection.close();
  times.sort((a, b) => a - b);
  return { requests: times.length, errors, p50Us: quantile(times, 0.5), p99Us: quantile(times, 0.99) };
}

/** Opens connections that carried one request each and are kept open until `close`. */
export async function holdOpen({ host, port, path, connections }) {
  const pool = [];
  while (pool.length < connections) {
    const connection = await openConnection(host, port, path);
    await new Promise((done, failed) => { connection.request((bad) => (bad ? failed(new Error(`connection ${pool.length} broke`)) : done())); });
    pool.push(connection);
  }
  return { close: () => { for (const connection of pool) connection.close(); } };
}

/** A keep-alive connection for one GET after the other, with just as much HTTP as the bench's backend speaks. */
function openConnection(host, port, path) {
  const message = `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`;
  return new Promise((opened, failed) => {
    const socket = connect(port, host);
    let waiting;
    let head = '';
    let left = -1;
    const settle = (bad) => {
      const done = waiting;
      waiting = undefined;
      done?.(bad);
    };
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      if (left >= 0) left -= chunk.length;
      else {
        head += chunk.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
        if (!head.startsWith('HTTP/1.1 200') || length === undefined) {
          socket.destroy();
          settle(true);
          return;
        }
        left = Number(length) - (head.length - end - 4);
      }
      if (left === 0) {
        left = -1;
        head = '';
        settle(false);
      }
    });
    socket.on('error', (error) => { failed(error); settle(true); });
    socket.on('close', () => settle(true));
    socket.on('connect', () => opened({
      request(done) {
        waiting = done;
        socket.write(message);
      },
      close: () => { waiting = undefined; socket.destroy(); },
    }));
  });
}

function quantile(sorted, q) {
  return sorted.length === 0 ? 0 : Math.round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] * 1000);
}
