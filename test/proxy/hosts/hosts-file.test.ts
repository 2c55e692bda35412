import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostsFile } from '../../../src/proxy/hosts/hosts-file';
import { readHosts } from '../../../src/proxy/hosts/hosts-text';

const KUBELET = '# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n10.0.0.5\tweb-0\n10.9.9.9\tdb\n';
const cart = { address: '127.64.0.1', names: ['cart', 'cart.shop'] };
const till = { address: '127.64.0.2', names: ['till'] };

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-hosts-'));
  path = join(folder, 'hosts');
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (podIps: readonly string[] = ['10.0.0.5'], own: () => Promise<string> = () => Promise.resolve(KUBELET)): Promise<HostsFile> =>
  HostsFile.open(path, podIps, own);
const text = (): string => readFileSync(path, 'utf8');
/** A file that was only appended to has its inode still. */
const inode = (): number => statSync(path).ino;

test('a new file has kubelet\'s part and the names, is not there before it is whole, and can be read by any user', async () => {
  const umask = process.umask(0o077);
  try {
    const file = await open();
    expect(file.there).toBe(false);
    expect(() => inode()).toThrow('ENOENT');
    file.add([cart]);
  } finally {
    process.umask(umask);
  }
  expect(text().startsWith(`${KUBELET}\n`)).toBe(true);
  expect([...readHosts(text()).leads]).toEqual([['cart', '127.64.0.1'], ['cart.shop', '127.64.0.1']]);
  expect(statSync(path).mode & 0o777).toBe(0o644);
});

test('without any name there is a file all the same, as containers mount it', async () => {
  (await open()).add([]);
  expect(text()).toContain('10.9.9.9\tdb');
});

test('the next process keeps the file and adds what it lacks, at its end', async () => {
  (await open()).add([cart]);
  const [before, ino] = [text(), inode()];
  const next = await open(['10.0.0.5'], () => Promise.reject(new Error('kubelet\'s file is not read again')));
  expect([next.there, next.has(cart), next.has(till)]).toEqual([true, true, false]);
  next.add([cart, till]);
  expect(text().startsWith(before)).toBe(true);
  expect(readHosts(text()).leads.get('till')).toBe('127.64.0.2');
  expect(inode()).toBe(ino);
  next.add([cart, till]);
  expect(text().length).toBe(next.lengthWith([cart, till]));
});

test('lines that a process did not get to write are written by the next', async () => {
  (await open()).add([cart]);
  const whole = text();
  // Up to a line feed, and within a line.
  for (const end of [whole.indexOf('::ffff:127.64.0.1 cart.'), whole.length - 5]) {
    truncateSync(path, end);
    (await open()).add([cart]);
    for (const name of ['cart', 'cart.', 'cart.shop', 'cart.shop.']) {
      for (const address of ['127.64.0.1', '::ffff:127.64.0.1']) expect(readHosts(text()).has(address, name)).toBe(true);
    }
    writeFileSync(path, whole);
  }
});

test('a pod that got another address has another file, since all its containers are new', async () => {
  (await open()).add([cart]);
  const ino = inode();
  const file = await open(['10.0.0.6'], () => Promise.resolve(KUBELET.replace('10.0.0.5', '10.0.0.6')));
  expect([file.there, file.leads.size]).toEqual([false, 0]);
  file.add([till]);
  expect(inode()).not.toBe(ino);
  expect(text()).toContain('10.0.0.6\tweb-0');
  expect(text()).not.toContain('cart');
});

test('what is there and not ours is replaced', async () => {
  writeFileSync(path, '127.0.0.1 loc');
  (await open()).add([cart]);
  expect(text()).toContain(KUBELET);
});

test('its length is known before it is written', async () => {
  const file = await open();
  file.add([cart]);
  const many = Array.from({ length: 300 }, (_, i) => ({ address: `127.65.0.${i}`, names: [`callee-${i}`, `callee-${i}.shop.svc.cluster.local`] }));
  const length = file.lengthWith(many);
  file.add(many);
  expect(text().length).toBe(length);
});

test('a file that can\'t be written is tried again from where it is', async () => {
  const file = await open();
  file.add([cart]);
  const before = text();
  rmSync(path);
  mkdirSync(path);
  expect(() => file.add([till])).toThrow('EISDIR');
  rmdirSync(path);
  writeFileSync(path, before);
  file.add([till]);
  expect([...readHosts(text()).leads.keys()]).toEqual(['cart', 'cart.shop', 'till']);
});
