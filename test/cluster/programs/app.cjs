/**
 * The app of every pod in the cluster suite. It answers with who it is. `/call?url=http://catalog/` calls another service by a new
 * connection and says where that went. TERM_MODE says what SIGTERM does: nothing (`ignore`), a closed listener with 8 seconds until the end
 * (`slow`), or a graceful end. Runs in any image with Node.
 */
const { createServer, get } = require('node:http');
const { hostname } = require('node:os');

const { PORT = '8080', HOST, TERM_MODE, VERSION = '' } = process.env;
const SLOW_STOP_MS = 8_000;

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://app');
  request.resume();
  request.on('end', () => setTimeout(() => {
    const target = url.searchParams.get('url');
    if (target === null) answer(response, 200, {});
    else call(target, response);
  }, Number(url.searchParams.get('ms') ?? 0)));
});
// Longer than any proxy keeps an idle connection, so that it is never the app that closes one in use.
server.keepAliveTimeout = 120_000;
server.listen(Number(PORT), HOST, () => console.log(`listening on ${HOST ?? 'all addresses'}, port ${PORT}`));

function answer(response, status, more) {
  const body = JSON.stringify({ pod: hostname(), version: VERSION, ...more });
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function call(target, response) {
  const request = get(target, { agent: false }, (answered) => {
    const through = answered.socket.remoteAddress;
    let text = '';
    answered.on('data', (chunk) => { text += chunk; });
    answered.on('end', () => answer(response, answered.statusCode, { through, answer: text.slice(0, 500) }));
  });
  request.on('error', (error) => answer(response, 500, { error: error.code ?? error.message }));
}

process.on('SIGTERM', () => {
  console.log('SIGTERM');
  if (TERM_MODE === 'ignore') return;
  server.close(() => { if (TERM_MODE !== 'slow') process.exit(0); });
  if (TERM_MODE === 'slow') setTimeout(() => process.exit(0), SLOW_STOP_MS);
  else server.closeIdleConnections();
});
