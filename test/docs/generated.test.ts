import { spawnSync } from 'node:child_process';
import { decodeConfig } from '../../src/proxy/config/decode';
import { blocksOf, REPOSITORY } from './markdown';

test('options of the constructs and defaults say what the contract says', () => {
  const check = spawnSync(process.execPath, ['scripts/settings.mjs', '--check'], { cwd: REPOSITORY, encoding: 'utf8' });
  expect(check).toMatchObject({ status: 0, stderr: '' });
});

describe('pages made from sources', () => {
  it('say what their sources say', () => {
    const check = spawnSync(process.execPath, ['scripts/docs.mjs', '--check'], { cwd: REPOSITORY, encoding: 'utf8' });
    expect(check).toMatchObject({ status: 0, stderr: '' });
  });

  it.each(blocksOf('json').map(({ where, text }) => [where, text]))('show documents that the proxy takes: %s', (_, text) => {
    expect(decodeConfig(text)).toMatchObject({ ok: true });
  });
});
