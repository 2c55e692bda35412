import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResolvedProxyConfig } from '../../../src/contract';
import { POLL_MS } from '../../../src/proxy/runtime/file-watcher';
import { KeyFiles, StagedKeyFiles } from '../../../src/proxy/session/key-files';
import { eventually } from '../../support/eventually';
import { FakeClock } from '../../support/fake-clock';

const OLD = 'old-'.repeat(10);
const NEW = 'new-'.repeat(10);
const folder = mkdtempSync(join(tmpdir(), 'mesh-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

function documentWith(...files: string[]): ResolvedProxyConfig {
  return { listeners: files.map((keyFile) => ({ routes: [{ session: { keyFile } }] })) } as unknown as ResolvedProxyConfig;
}

let made = 0;
function setUp(content?: string) {
  const clock = new FakeClock();
  const file = join(folder, `keys-${made += 1}`);
  if (content !== undefined) writeFileSync(file, content);
  const reloads: string[] = [];
  const events: string[] = [];
  const instruments = { limitReached: () => {}, sessionKeyReload: (result: string) => { reloads.push(result); } };
  const files = new KeyFiles(clock, instruments, (about, problem) => events.push(problem ?? about));
  /** Has the file looked at again, as it is every few seconds. */
  const look = async (reloaded: number): Promise<void> => {
    clock.advance(POLL_MS);
    await eventually('the file is read again', () => reloads.length === reloaded);
  };
  return { clock, file, files, reloads, events, look };
}

function taken(staged: StagedKeyFiles): Extract<StagedKeyFiles, { ok: true }> {
  if (!staged.ok) throw new Error(staged.problems.join());
  staged.commit();
  return staged;
}

describe('key files', () => {
  it('refuse a document all of whose bad files it names, in words and without keys', () => {
    const { file, files } = setUp('short');
    expect(files.stage(documentWith(file, '/nowhere/keys'))).toEqual({
      ok: false,
      problems: [
        `the file with the keys of session cookies, '${file}', has a key of 5 bytes, number 1; put random keys of at least 32 bytes there, `
        + 'one a line, as \'openssl rand -base64 32\' makes them',
        'the file with the keys of session cookies, \'/nowhere/keys\', isn\'t there; mount the Secret that holds the keys',
      ],
    });
  });

  it('are followed without another document; what turns bad changes nothing and is told', async () => {
    const { file, files, reloads, events, look } = setUp(OLD);
    const ring = taken(files.stage(documentWith(file))).ring(file);
    const { recent } = ring;
    writeFileSync(file, `${NEW}\n${OLD}\n`);
    await look(1);
    expect(ring.keys.map(String)).toEqual([NEW, OLD]);
    expect(ring.recent).not.toBe(recent);
    writeFileSync(file, 'too short');
    await look(2);
    rmSync(file);
    await look(3);
    expect(ring.keys.map(String)).toEqual([NEW, OLD]);
    expect(reloads).toEqual(['applied', 'rejected', 'rejected']);
    expect(events[0]).toBe(file);
    expect(events[1]).toMatch(/keys of session cookies, .* has a key of 9 bytes/);
    files.close();
  });

  it('stay as they are, given another document that names the same, and are left, given one that does not', () => {
    const { clock, file, files } = setUp(OLD);
    const { ring } = taken(files.stage(documentWith(file)));
    expect(taken(files.stage(documentWith(file, file))).ring(file)).toBe(ring(file));
    expect(clock.pending).toBe(1);
    taken(files.stage(documentWith()));
    expect(clock.pending).toBe(0);
  });

  it('are not watched before their document is in force', () => {
    const { clock, file, files } = setUp(OLD);
    expect(files.stage(documentWith(file)).ok).toBe(true);
    expect(clock.pending).toBe(0);
  });
});
