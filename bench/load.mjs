/**
 * Load on a proxy. Saturating, every connection is kept busy: that shows throughput and CPU per request, and its latency is
 * mostly queueing. At a rate, requests leave when they are due, as those of callers do, and latency shows what the proxy
 * adds when it is not overloaded. Both are wrk, which costs little beside what it measures.
 */
import { spawn } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { HOST, needPrograms, programOf } from './processes.mjs';

const SCRIPT = fileURLToPath(new URL('wrk.lua', import.meta.url));

/** Runs wrk on one core; resolves to requests, seconds, percentiles in microseconds, errors. Rate 0: as fast as it gets. */
export async function load({ port, scenario, seconds, core, rate = 0 }) {
  const { method = 'GET', bodyBytes = 0, path, connections, tls = false } = scenario;
  needPrograms({ wrk: 'wrk' });
  const child = spawn('taskset', [
    '--cpu-list', String(core), programOf('wrk'), '-t1', `-c${connections}`, `-d${seconds}s`, '-s', SCRIPT,
    `${tls ? 'https' : 'http'}://${HOST}:${port}${path}`, '--', method, String(bodyBytes), String(rate),
  ], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => { output += chunk; });
  child.stderr.on('data', (chunk) => { output += chunk; });
  await new Promise((done) => { child.on('close', done); });
  const line = /^RESULT (.*)$/m.exec(output)?.[1];
  if (!line) throw new Error(`wrk gave no result:\n${output}`);
  return JSON.parse(line);
}

/** Throws unless the scenario's request gets the scenario's answer: a proxy that answers wrongly must not win. */
export async function answersRight(name, port, scenario) {
  const { method = 'GET', bodyBytes = 0, path, bytes, chunked = false, tls = false } = scenario;
  const [{ statusCode, headers }, length, protocol] = await new Promise((done, failed) => {
    const options = { host: HOST, port, method, path, agent: false, rejectUnauthorized: false };
    const request = (tls ? httpsRequest : httpRequest)(options, (response) => {
      const protocol = response.socket instanceof TLSSocket ? response.socket.getProtocol() : undefined;
      let received = 0;
      response.on('data', (chunk) => { received += chunk.length; });
      response.on('end', () => done([response, received, protocol]));
      response.on('error', failed);
    });
    request.on('error', failed);
    request.end(Buffer.alloc(bodyBytes, 'm'));
  });
  const wrong = statusCode !== 200 || length !== bytes || (headers['transfer-encoding'] === 'chunked') !== chunked;
  if (tls && protocol !== 'TLSv1.3') throw new Error(`${name} spoke ${protocol} and not TLS 1.3`);
  if (wrong) throw new Error(`${name} answered ${method} ${path} with status ${statusCode}, ${length} bytes, ${JSON.stringify(headers)}`);
}

/** Opens connections that carried one request each and are kept open until `close`. */
export async function holdOpen({ port, path, connections }) {
  const sockets = [];
  const message = `GET ${path} HTTP/1.1\r\nHost: ${HOST}:${port}\r\n\r\n`;
  while (sockets.length < connections) {
    const socket = connect({ port, host: HOST, noDelay: true });
    sockets.push(socket);
    await /** @type {Promise<void>} */ (new Promise((done, failed) => {
      let answer = '';
      socket.on('connect', () => socket.write(message));
      socket.on('data', (chunk) => {
        answer += chunk.toString('latin1');
        const head = answer.indexOf('\r\n\r\n');
        const length = Number(/\r\ncontent-length: *(\d+)/i.exec(answer)?.[1]);
        if (head >= 0 && answer.length >= head + 4 + length) done();
      });
      socket.on('error', failed);
      socket.on('close', () => failed(new Error(`connection ${sockets.length} was closed`)));
    }));
  }
  return { close: () => { for (const socket of sockets) socket.destroy(); } };
}
