import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContainerCpu, READ_MS } from '../../../src/proxy/load-reports/container-cpu';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'cgroup-')); });
afterEach(() => rmSync(folder, { recursive: true }));

function put(max: string, usedUs: number): void {
  writeFileSync(join(folder, 'cpu.max'), max);
  writeFileSync(join(folder, 'cpu.stat'), `usage_usec ${usedUs}\nuser_usec 1\nsystem_usec 1\nnr_throttled 0\n`);
}

test('the part of the quota that was used between two readings', () => {
  const cpu = new ContainerCpu(folder);
  put('50000 100000\n', 1_000_000);
  expect(cpu.utilization(10_000)).toBeUndefined();
  put('50000 100000\n', 1_500_000);
  // Half a second of CPU in two seconds, of the one second that half a CPU is.
  expect(cpu.utilization(12_000)).toBe(0.5);
});

test('the files are read once a second at most', () => {
  const cpu = new ContainerCpu(folder);
  put('100000 100000\n', 0);
  cpu.utilization(0);
  put('100000 100000\n', 100_000);
  expect(cpu.utilization(READ_MS - 1)).toBeUndefined();
  expect(cpu.utilization(READ_MS)).toBe(0.1);
});

test.each([
  ['no limit', () => put('max 100000\n', 5)],
  ['no files, as with cgroup v1', () => undefined],
  ['files of another form', () => { writeFileSync(join(folder, 'cpu.max'), 'x'); writeFileSync(join(folder, 'cpu.stat'), ''); }],
])('nothing is told, GIVEN %s', (_, prepare) => {
  const cpu = new ContainerCpu(folder);
  prepare();
  cpu.utilization(0);
  expect(cpu.utilization(2 * READ_MS)).toBeUndefined();
});
