/**
 * A pod whose app listens at 9080 on all addresses and calls a service at 9080, in the network namespace that it was started in. Says in one
 * JSON line what answers at which address, and how the sidecar starts without the rules.
 */
const { spawn, spawnSync } = require('node:child_process');
const { writeFileSync } = require('node:fs');
const { createServer, get } = require('node:http');
const { join } = require('node:path');

const [folder, proxy, redirect] = process.argv.slice(2);
const CALLEE = '127.64.1.2';
const PORT = 9080;

function run(command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

const serve = (text, port, host) => new Promise((done, failed) => {
  createServer((request, response) => response.end(`${text}${request.headers['x-mesh-deadline-ms'] === undefined ? '' : ', by the sidecar'}`)).on('error', failed).listen(port, host, done);
});

const ask = (host, port) => new Promise((done) => {
  get({ host, port, agent: false, timeout: 5_000 }, (response) => {
    let text = '';
    response.on('data', (chunk) => { text += chunk; }).on('end', () => done(text));
  }).on('error', (error) => done(error.code));
});

/** Starts the sidecar; settles with undefined when it has, or with what it says as it ends. */
function startSidecar(env) {
  const child = spawn(process.execPath, [proxy, '--config', join(folder, 'proxy.json')], { env: { PATH: process.env.PATH, POD_IPS: '127.0.0.9', ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  return new Promise((settled) => {
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (output.includes('"event":"started"')) settled(undefined);
    });
    child.on('exit', () => settled(output));
  });
}

async function main() {
  run('ip', 'link', 'set', 'lo', 'up');
  await serve('callee', 8081, '127.0.0.1');
  await serve('app', PORT, '::');
  writeFileSync(join(folder, 'proxy.json'), JSON.stringify({
    version: 'v1',
    node: { service: 'reviews', namespace: 'shop', version: 'v1' },
    listeners: [{ name: 'outbound/shop/ratings:9080', direction: 'outbound', address: CALLEE, port: PORT, routes: [{ name: 'default', split: [{ cluster: 'ratings', weight: 1 }] }] }],
    clusters: [{ name: 'ratings', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: 8081 }] } }],
  }));
  const without = await startSidecar({});
  const rules = ['127.64.0.0/10', `${PORT}:15200`, '443:15201'];
  run(redirect, ...rules);
  // The init container may run again.
  run(redirect, ...rules);
  const refused = await startSidecar({ MESH_REDIRECTED_PORTS: `${PORT}:15200,443:15201` });
  if (refused !== undefined) throw new Error(refused);
  const answers = {};
  for (const [host, port] of [
    [CALLEE, PORT], [`::ffff:${CALLEE}`, PORT], ['127.64.1.3', PORT], [CALLEE, 8081], ['127.0.0.1', PORT], ['127.63.1.2', PORT], ['127.128.1.2', PORT], ['::1', PORT],
  ]) answers[`${host} ${port}`] = await ask(host, port);
  process.stdout.write(`${JSON.stringify({ without, answers, unprivileged: spawnSync('setpriv', ['--bounding-set=-net_admin', redirect, ...rules], { encoding: 'utf8' }).stderr })}\n`);
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
