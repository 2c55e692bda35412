/**
 * How programs find a service by name in the pod of a caller: whether they come to its sidecar, and whether they ask DNS. Pods are network
 * namespaces that the test makes, with IPv4, IPv6 or both; the programs are those that people write apps with, and the C libraries that
 * they stand on.
 *
 * Needs root and util-linux, iproute2, curl, python3, nginx, gcc and musl-gcc, so it is no part of `npm test`: `npm run test:interception` runs
 * it. Go and Java are tried where they are installed.
 */
import { ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface, Interface } from 'node:readline';

const PROGRAMS = join(__dirname, 'programs');
const PROXY = resolve(__dirname, '../../lib/bin/proxy.js');
const PODS = { 'IPv4 only': ['10.1.0.5'], 'IPv6 only': ['fd00:1::5'], 'dual stack': ['10.1.0.5', 'fd00:1::5'] };
const NAMES = ['catalog', 'catalog.shop.svc.cluster.local', 'catalog.', 'catalog.shop.svc.cluster.local.'];

const installed = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const GO = installed('go');
const JAVA = installed('javac');

interface Result { readonly output: string; readonly errors: string; readonly questions: string[] }

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-lookups-'));
  const compile = (command: string, ...args: string[]): unknown => execFileSync(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  compile('gcc', '-o', 'get-glibc', join(PROGRAMS, 'get.c'));
  compile('musl-gcc', '-static', '-o', 'get-musl', join(PROGRAMS, 'get.c'));
  if (GO) {
    const build = (name: string, cgo: string): unknown => execFileSync('go', ['build', '-o', join(folder, name), join(PROGRAMS, 'get.go')], {
      env: { ...process.env, CGO_ENABLED: cgo, GO111MODULE: 'off' }, stdio: ['ignore', 'pipe', 'inherit'],
    });
    build('get-go', '0');
    build('get-cgo', '1');
  }
  if (JAVA) compile('javac', '-d', folder, join(PROGRAMS, 'Get.java'));
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** glibc finds nothing for IPv4 alone where there is none, with a mesh and without, when it is to mind the pod's addresses. */
const CONTRADICTION = { pod: 'IPv6 only', client: 'C on glibc, family 4 addrconfig' };

/** The programs, each with the arguments that make it ask for a name. */
const CLIENTS: readonly { readonly title: string; readonly there?: boolean; readonly command: (name: string) => string[] }[] = [
  { title: 'Node\'s fetch', command: (name) => [process.execPath, '-e', `fetch('http://${name}/').then((r) => r.text()).then(console.log)`] },
  ...[0, 4, 6].map((family) => ({
    title: `Node's http, family ${family}`,
    command: (name: string) => [process.execPath, '-e', `require('http').get({ host: '${name}', family: ${family} }, (r) => r.pipe(process.stdout))`],
  })),
  { title: 'Node\'s http with ADDRCONFIG', command: (name) => [process.execPath, '-e', `require('http').get({ host: '${name}', hints: require('dns').ADDRCONFIG }, (r) => r.pipe(process.stdout))`] },
  ...['', '-4', '-6'].map((flag) => ({ title: `curl ${flag}`, command: (name: string) => ['curl', '-sS', '-m', '10', ...flag === '' ? [] : [flag], `http://${name}/`] })),
  { title: 'Python\'s urllib', command: (name) => ['python3', '-c', `import urllib.request as r; print(r.urlopen('http://${name}/', timeout=10).read().decode())`] },
  {
    title: 'Python\'s sockets for IPv6',
    command: (name) => ['python3', '-c', `
import socket
s = socket.socket(socket.AF_INET6); s.connect(('${name}', 80))
s.sendall(b'GET / HTTP/1.1\\r\\nHost: catalog\\r\\nConnection: close\\r\\n\\r\\n')
data = b''
while chunk := s.recv(65536): data += chunk
print(data.split(b'\\r\\n\\r\\n', 1)[1].decode())`],
  },
  ...['glibc', 'musl'].flatMap((library) => ['any', '4', '6'].flatMap((family) => ['', 'addrconfig'].map((flag) => ({
    title: `C on ${library}, family ${family} ${flag}`, command: (name: string) => [join(folder, `get-${library}`), name, family, flag],
  })))),
  { title: 'nginx', command: (name) => ['sh', '-c', `nginx -p ${folder}/nginx -c ${nginxConfig(name)} && curl -sS -m 10 http://127.0.0.1:8090/; nginx -p ${folder}/nginx -c ${nginxConfig(name)} -s stop`] },
  { title: 'Go', there: GO, command: (name) => [join(folder, 'get-go'), `http://${name}/`] },
  { title: 'Go with cgo', there: GO, command: (name) => ['env', 'GODEBUG=netdns=cgo', join(folder, 'get-cgo'), `http://${name}/`] },
  ...['false', 'true'].map((first) => ({
    title: `Java, IPv6 first: ${first}`, there: JAVA,
    command: (name: string) => ['java', '-XX:TieredStopAtLevel=1', `-Djava.net.preferIPv6Addresses=${first}`, '-cp', folder, 'Get', `http://${name}/`],
  })),
];

/** nginx resolves the names of its configuration when it starts. */
function nginxConfig(name: string): string {
  const path = join(folder, `nginx-${name}.conf`);
  mkdirSync(join(folder, 'nginx'), { recursive: true });
  writeFileSync(path, `pid ${folder}/nginx/pid; error_log stderr; user root; events {} http { access_log off; client_body_temp_path ${folder}/nginx/a; proxy_temp_path ${folder}/nginx/b;
    fastcgi_temp_path ${folder}/nginx/c; uwsgi_temp_path ${folder}/nginx/d; scgi_temp_path ${folder}/nginx/e;
    server { listen 127.0.0.1:8090; location / { proxy_pass http://${name}; } } }`);
  return path;
}

/** A pod that programs are run in. */
class Pod {
  private readonly child: ChildProcess;
  private readonly lines: Interface;
  private waiting: ((line: string) => void) | undefined;

  constructor(state: string, podIps: readonly string[]) {
    mkdirSync(state);
    this.child = spawn('unshare', ['--net', '--mount', '--pid', '--fork', '--kill-child', process.execPath, join(PROGRAMS, 'pod.cjs'), state, PROXY, ...podIps], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.child.stdout! });
    this.lines.on('line', (line) => this.waiting?.(line));
  }

  says(): Promise<Result> {
    return new Promise((said, failed) => {
      if (this.child.exitCode !== null) failed(new Error('the pod has ended'));
      this.waiting = (line) => said(JSON.parse(line) as Result);
    });
  }

  /** @param hosts whether the sidecar's hosts file is mounted; once it is, it stays */
  run(command: readonly string[], hosts = true): Promise<Result> {
    const said = this.says();
    this.child.stdin!.write(`${JSON.stringify({ command, hosts })}\n`);
    return said;
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((done) => { this.child.once('exit', done); });
    this.child.stdin!.end();
    await ended;
  }
}

describe.each(Object.entries(PODS))('in a pod with %s', (title, podIps) => {
  let pod: Pod;
  let without: Result;
  beforeAll(async () => {
    pod = new Pod(join(folder, title.replace(' ', '-')), podIps);
    await pod.says();
    without = await pod.run(['curl', '-sS', 'http://catalog/'], false);
  }, 30_000);
  afterAll(() => pod.end());

  // Else nothing that follows would show anything.
  test('a program that doesn\'t find the name asks DNS, and passes the sidecar by', () => {
    expect(without.output).toBe('past the sidecar');
    expect(without.questions.length).toBeGreaterThan(0);
  });

  for (const { title: client, there = true, command } of CLIENTS) {
    if (title === CONTRADICTION.pod && client === CONTRADICTION.client) continue;
    (there ? test : test.skip)(`${client} comes to the sidecar by every form of the name, and asks no DNS`, async () => {
      for (const name of NAMES) expect({ name, ...await pod.run(command(name)) }).toMatchObject({ name, output: 'by the sidecar', questions: [] });
    }, 60_000);
  }
});
