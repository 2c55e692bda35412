import { spawnSync } from 'node:child_process';
import { INLINING } from '../../../src/proxy/runtime/compiler';

test('this version of Node takes the setting of its compiler', () => {
  // A setting that V8 does not have would change nothing, and nobody would see it.
  expect(spawnSync(process.execPath, [INLINING, '--eval', '0'], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  expect(spawnSync(process.execPath, [`${INLINING}-no-such`.replace('=', '-'), '--eval', '0']).status).not.toBe(0);
});
