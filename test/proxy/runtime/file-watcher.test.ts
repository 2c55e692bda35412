import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clock, systemClock } from '../../../src/proxy/runtime/clock';
import { FileWatcher, POLL_MS, REST_MS, SETTLE_MS } from '../../../src/proxy/runtime/file-watcher';
import { eventually } from '../../support/eventually';
import { FakeClock } from '../../support/fake-clock';

let folder: string;
let watcher: FileWatcher | undefined;
const seen: string[] = [];
const errors: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-config-'));
  seen.length = 0;
  errors.length = 0;
});

afterEach(() => {
  watcher?.close();
  rmSync(folder, { recursive: true });
});

/** Lays files out as the kubelet does: `proxy.json` -> `..data/proxy.json`, `..data` -> a folder that is swapped whole. */
function mount(revision: number, text: string): string {
  mkdirSync(join(folder, `..${revision}`));
  writeFileSync(join(folder, `..${revision}`, 'proxy.json'), text);
  symlinkSync(`..${revision}`, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  if (revision === 1) symlinkSync('..data/proxy.json', join(folder, 'proxy.json'));
  return join(folder, 'proxy.json');
}

function watchFile(path: string, current: string, clock: Clock = systemClock): void {
  watcher = new FileWatcher([path], [current], clock, async ([text]) => { seen.push(text!); return !text!.includes('later'); }, (error) => errors.push(error.code!));
  watcher.start();
}

test('sees the swap of the symlink by which Kubernetes changes a mounted ConfigMap', async () => {
  const path = mount(1, 'one');
  watchFile(path, 'one');
  mount(2, 'two');
  await eventually('the second content', () => seen.includes('two'));
  mount(3, 'three');
  await eventually('the third content', () => seen.includes('three'));
  expect(seen).toEqual(['two', 'three']);
});

test('sees a file that is written in place', async () => {
  const path = join(folder, 'proxy.json');
  writeFileSync(path, 'one');
  watchFile(path, 'one');
  writeFileSync(path, 'two');
  await eventually('the second content', () => seen.includes('two'));
});

test('sees a change, and rarely looks for one, in a folder where something else changes all the time', async () => {
  const path = join(folder, 'proxy.json');
  writeFileSync(path, 'one');
  const looks: number[] = [];
  watchFile(path, 'one', {
    ...systemClock,
    after: (ms, look) => systemClock.after(ms, () => {
      looks.push(systemClock.now());
      look();
    }),
  });
  let writes = 0;
  const busy = setInterval(() => {
    writeFileSync(join(folder, 'log'), String(writes));
    writes += 1;
  }, 2);
  try {
    await eventually('there is much to notice', () => writes > 50);
    writeFileSync(path, 'two');
    await eventually('the second content', () => seen.includes('two'));
    await eventually('it has looked more often', () => looks.length > 5);
    // Timers may be a millisecond early.
    for (let i = 1; i < looks.length; i += 1) expect(looks[i]! - looks[i - 1]!).toBeGreaterThan(REST_MS - 5);
  } finally {
    clearInterval(busy);
  }
});

test('looks when there was no change for a while, so that what is written in pieces is read whole', async () => {
  const path = join(folder, 'proxy.json');
  writeFileSync(path, 'one');
  const clock = new FakeClock();
  let notices = 0;
  watchFile(path, 'one', {
    now: () => clock.now(), wallTime: () => clock.wallTime(), wallTimeAt: (moment) => clock.wallTimeAt(moment),
    after: (ms, look) => {
      if (ms !== POLL_MS) notices += 1;
      return clock.after(ms, look);
    },
  });
  for (const text of ['t', 'tw', 'two', 'two, and more']) {
    const before = notices;
    writeFileSync(path, text);
    await eventually('it is noticed', () => notices > before);
    clock.advance(SETTLE_MS - 1);
  }
  expect(seen).toEqual([]);
  await eventually('the whole content', () => {
    clock.advance(1);
    return seen.length > 0;
  });
  expect(seen).toEqual(['two, and more']);
});

test('sees a change without a notice when it looks of its own accord', async () => {
  const path = join(folder, 'proxy.json');
  writeFileSync(path, 'two');
  const clock = new FakeClock();
  watchFile(path, 'one', clock);
  clock.advance(POLL_MS);
  await eventually('the second content', () => seen.includes('two'));
});

test('says the same content again at the next look, given that it was not settled', async () => {
  const path = join(folder, 'proxy.json');
  writeFileSync(path, 'later');
  const clock = new FakeClock();
  watchFile(path, 'one', clock);
  await eventually('it is told twice', () => { clock.advance(POLL_MS); return seen.length >= 2; });
  writeFileSync(path, 'two');
  await eventually('the next content', () => { clock.advance(POLL_MS); return seen.includes('two'); });
  expect(new Set(seen)).toEqual(new Set(['later', 'two']));
});

test('says nothing of content that is the same, and says so when the file is gone', async () => {
  const path = join(folder, 'proxy.json');
  writeFileSync(path, 'one');
  const clock = new FakeClock();
  watchFile(path, 'one', clock);
  clock.advance(POLL_MS);
  await eventually('it has looked', () => clock.pending > 0);
  rmSync(path);
  await eventually('an error', () => { clock.advance(POLL_MS); return errors.includes('ENOENT'); });
  expect(seen).toEqual([]);
});

test('says all contents when one of several files changes', async () => {
  const paths = ['tls.crt', 'tls.key'].map((name) => join(folder, name));
  for (const path of paths) writeFileSync(path, 'one');
  const told: (readonly string[])[] = [];
  watcher = new FileWatcher(paths, ['one', 'one'], systemClock, async (texts) => { told.push(texts); return true; }, () => {});
  watcher.start();
  writeFileSync(paths[1]!, 'two');
  await eventually('both contents', () => told.some(([first, second]) => first === 'one' && second === 'two'));
});
