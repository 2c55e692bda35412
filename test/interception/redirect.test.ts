/**
 * An app that listens where it calls, in a network namespace that the test makes: the program of the init container makes real rules, and
 * the real proxy listens behind them.
 *
 * Needs root, util-linux, iproute2 and a C compiler that links statically: `npm run test:interception` runs it.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const REPOSITORY = resolve(__dirname, '../..');

let folder: string;
let redirect: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-redirect-'));
  redirect = join(folder, 'redirect');
  execFileSync(process.execPath, [join(REPOSITORY, 'image/compile.mjs'), redirect, 'redirect.c']);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the app\'s calls reach the sidecar, and everything else reaches the app', () => {
  const pod = join(__dirname, 'programs/redirected-pod.cjs');
  const output = execFileSync('unshare', ['--net', '--pid', '--fork', '--kill-child', process.execPath, pod, folder, join(REPOSITORY, 'lib/bin/proxy.js'), redirect], { encoding: 'utf8' });
  const { without, answers, unprivileged } = JSON.parse(output);
  // Else the rules would show nothing.
  expect(without).toContain('can\'t bind 127.64.1.2:9080: the port is taken');
  expect(answers).toEqual({
    '127.64.1.2 9080': 'callee, by the sidecar',
    '::ffff:127.64.1.2 9080': 'callee, by the sidecar',
    // Nobody listens there, and the app must not answer for a callee.
    '127.64.1.3 9080': 'ECONNREFUSED',
    '127.64.1.2 8081': 'ECONNREFUSED',
    '127.0.0.1 9080': 'app',
    '127.63.1.2 9080': 'app',
    '127.128.1.2 9080': 'app',
    '::1 9080': 'app',
  });
  expect(unprivileged).toContain('the container needs the capability NET_ADMIN');
});

test.each([[], ['127.64.0.0/10'], ['127.64.0.1/10', '80:81'], ['127.64.0.0', '80:81'], ['127.64.0.0/10', '80'], ['127.64.0.0/10', '80:0'], ['127.64.0.0/10', '80:81x']])(
  'arguments that say nothing change nothing: %j', (...args) => {
    expect(() => execFileSync('unshare', ['--net', redirect, ...args], { stdio: 'pipe' })).toThrow(/usage|this is no PORT:TO/);
  });
