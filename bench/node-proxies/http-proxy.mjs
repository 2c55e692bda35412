/**
 * A proxy made with the package http-proxy, with keep-alive to the backend, which it does not have by itself.
 * `node http-proxy.mjs PORT BACKEND-PORT`
 */
import { Agent, createServer } from 'node:http';
import httpProxy from 'http-proxy';

const [port, backend] = process.argv.slice(2).map(Number);

const proxy = httpProxy.createProxyServer({
  target: { protocol: 'http:', host: '127.0.0.1', port: backend },
  agent: new Agent({ keepAlive: true, maxSockets: 1024, maxFreeSockets: 1024 }),
});
proxy.on('error', (_error, _request, response) => {
  if (response.headersSent) response.destroy();
  else response.writeHead(502).end();
});

const server = createServer((request, response) => proxy.web(request, response));
server.keepAliveTimeout = 300_000;
server.listen({ port, host: '127.0.0.1', backlog: 4096 });
