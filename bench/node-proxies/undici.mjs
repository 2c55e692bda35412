/**
 * A proxy as one would write it today from Node's HTTP server and undici, with undici's lowest interface, which allocates
 * least. It does what a proxy must: hop-by-hop fields stay behind, a slow side slows the other, an abort is passed on.
 * `node undici.mjs PORT BACKEND-PORT [CERTIFICATE KEY]`
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Pool } from 'undici';

const [port, backend, certificate, key] = process.argv.slice(2);
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

const pool = new Pool(`http://127.0.0.1:${backend}`, { connections: 1024, pipelining: 1, keepAliveTimeout: 60_000 });

const answer = (request, response) => {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  const body = length !== undefined || coding !== undefined ? request : null;
  pool.dispatch({ path: request.url, method: request.method, headers: endToEnd(request.rawHeaders), body }, answerTo(response));
};
const server = certificate ? createTlsServer({ cert: readFileSync(certificate), key: readFileSync(key) }, answer) : createServer(answer);
server.keepAliveTimeout = 300_000;
server.listen({ port, host: '127.0.0.1', backlog: 4096 });

function answerTo(response) {
  let resumeBackend;
  return {
    onConnect(abort) {
      response.on('close', () => { if (!response.writableFinished) abort(); });
    },
    onHeaders(status, rawHeaders, resume) {
      resumeBackend = resume;
      response.writeHead(status, endToEnd(rawHeaders));
      return true;
    },
    onData(chunk) {
      const more = response.write(chunk);
      if (!more) response.once('drain', resumeBackend);
      return more;
    },
    onComplete() {
      response.end();
    },
    onError() {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    },
  };
}

/** The fields of a raw list (name, value, name, value) that go further, as strings. */
function endToEnd(raw) {
  const kept = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at].toString('latin1');
    if (!HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, raw[at + 1].toString('latin1'));
  }
  return kept;
}
