/**
 * A pod, in the network and mount namespaces that it was started in: an interface with the addresses that are given, kubelet's hosts file,
 * a DNS server, the address of a Service where what passes the sidecar by is answered, the app behind the sidecar, the sidecar, and its hosts
 * file mounted as containers have it. Then runs the commands that it is told to, one JSON line each, and says what came of them.
 */
const { spawn, spawnSync } = require('node:child_process');
const { createSocket } = require('node:dgram');
const { existsSync, writeFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { join } = require('node:path');
const { createInterface } = require('node:readline');

const [folder, proxy, ...podIps] = process.argv.slice(2);
/** The addresses of the Service, which DNS tells. */
const SERVICE = { 4: '10.96.0.10', 6: 'fd00:96::10' };
const families = podIps.map((ip) => (ip.includes(':') ? 6 : 4));
const file = (name) => join(folder, name);
let questions = [];

function run(command, ...args) {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}

/** An answer for every name, with the address of the Service in the family that is asked for. */
function answer(question) {
  let at = 12;
  const labels = [];
  for (let length = question[at++]; length > 0; length = question[at++]) {
    labels.push(question.toString('latin1', at, at + length));
    at += length;
  }
  const type = question.readUInt16BE(at);
  questions.push(`${labels.join('.')} ${type === 1 ? 'A' : type === 28 ? 'AAAA' : type}`);
  const family = type === 1 ? 4 : type === 28 ? 6 : undefined;
  const data = !families.includes(family) ? undefined
    : family === 4 ? Buffer.from(SERVICE[4].split('.').map(Number)) : Buffer.from('fd000096000000000000000000000010', 'hex');
  const header = Buffer.from([question[0], question[1], 0x85, 0x80, 0, 1, 0, data ? 1 : 0, 0, 0, 0, 0]);
  if (!data) return Buffer.concat([header, question.subarray(12, at + 4)]);
  const record = Buffer.alloc(12);
  record.writeUInt16BE(0xc00c, 0);
  record.writeUInt16BE(type, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(1, 6);
  record.writeUInt16BE(data.length, 10);
  return Buffer.concat([header, question.subarray(12, at + 4), record, data]);
}

const listening = (server, port, host) => new Promise((done, failed) => { server.on('error', failed).listen(port, host, done); });

async function main() {
  run('mount', '--make-rprivate', '/');
  run('ip', 'link', 'set', 'lo', 'up');
  // Nobody is at the other end: all that is meant to be reached is at addresses of this end.
  run('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'outside');
  for (const end of ['outside', 'eth0']) run('ip', 'link', 'set', end, 'up');
  for (const ip of [...podIps, ...families.map((family) => SERVICE[family])]) {
    run('ip', 'address', 'add', `${ip}/${ip.includes(':') ? 64 : 24}`, 'dev', 'eth0', ...ip.includes(':') ? ['nodad'] : []);
  }
  for (const family of families) run('ip', `-${family}`, 'route', 'add', 'default', 'dev', 'eth0');
  writeFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', '0');

  writeFileSync(file('kubelet-hosts'), `127.0.0.1\tlocalhost\n::1\tlocalhost\n${podIps.map((ip) => `${ip}\tweb-0\n`).join('')}`);
  run('mount', '--bind', file('kubelet-hosts'), '/etc/hosts');
  writeFileSync(file('resolv.conf'), 'nameserver 127.0.0.53\nsearch shop.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5 timeout:1 attempts:1\n');
  run('mount', '--bind', file('resolv.conf'), '/etc/resolv.conf');

  const dns = createSocket('udp4');
  dns.on('message', (question, { port, address }) => dns.send(answer(question), port, address));
  await new Promise((done) => { dns.bind(53, '127.0.0.53', done); });
  for (const family of families) await listening(createServer((_, response) => response.end('past the sidecar')), 80, SERVICE[family]);
  await listening(createServer((request, response) => response.end(request.headers['x-mesh-deadline-ms'] === undefined ? 'without a sidecar' : 'by the sidecar')), 8080, '127.0.0.1');

  writeFileSync(file('proxy.json'), JSON.stringify({
    version: 'v1',
    node: { service: 'web', namespace: 'shop', version: 'v1' },
    listeners: [{
      name: 'outbound/shop/catalog:80', direction: 'outbound', address: '127.64.1.2', port: 80,
      hostnames: ['catalog', 'catalog.shop', 'catalog.shop.svc', 'catalog.shop.svc.cluster.local'], routes: [{ name: 'default', split: [{ cluster: 'catalog', weight: 1 }] }],
    }],
    clusters: [{ name: 'catalog', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: 8080 }] } }],
  }));
  const sidecar = spawn(process.execPath, [proxy, '--config', file('proxy.json')], {
    env: { PATH: process.env.PATH, POD_IPS: podIps.join(','), MESH_HOSTS_FILE: file('hosts') }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((started, failed) => {
    sidecar.on('exit', (code) => failed(new Error(`the sidecar ended with ${code}`)));
    createInterface({ input: sidecar.stdout }).on('line', (line) => { if (line.includes('"event":"started"')) started(); });
  });
  if (!existsSync(file('hosts'))) throw new Error('the sidecar has started without a hosts file');

  const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
  say({ ready: true });
  let mounted = false;
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { command, hosts } = JSON.parse(line);
    if (hosts && !mounted) run('mount', '--bind', file('hosts'), '/etc/hosts');
    mounted ||= hosts;
    questions = [];
    const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (chunk) => { output += chunk; });
    child.stderr.on('data', (chunk) => { errors += chunk; });
    child.on('error', (error) => { errors += error.message; });
    child.on('close', () => say({ output: output.trim(), errors, questions }));
  }).on('close', () => process.exit(0));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
