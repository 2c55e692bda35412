/**
 * A proxy made with the package http-proxy, with keep-alive to the backend, which it does not have by itself.
 * `node http-proxy.mjs PORT BACKEND-PORT [CERTIFICATE KEY]`
 */
import { readFileSync } from 'node:fs';
import { Agent, createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import httpProxy from 'http-proxy';

const [port, backend, certificate, key] = process.argv.slice(2);

const proxy = httpProxy.createProxyServer({
  target: { protocol: 'http:', host: '127.0.0.1', port: backend },
  agent: new Agent({ keepAlive: true, maxSockets: 1024, maxFreeSockets: 1024 }),
});
proxy.on('error', (_error, _request, response) => {
  if (response.headersSent) response.destroy();
  else response.writeHead(502).end();
});

const answer = (request, response) => proxy.web(request, response);
const server = certificate ? createTlsServer({ cert: readFileSync(certificate), key: readFileSync(key) }, answer) : createServer(answer);
server.keepAliveTimeout = 300_000;
server.listen({ port, host: '127.0.0.1', backlog: 4096 });
