import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TokenKeys } from '../../../src/cli/up/token-keys';
import { jwksFile, JwtConfig, ResolvedJwt } from '../../../src/contract';
import { readKeySet } from '../../../src/proxy/jwt/jwks';
import { Tokens } from '../../../src/proxy/jwt/tokens';
import { configOf, workloadOf } from './support';

const root = mkdtempSync(join(tmpdir(), 'mesh-up-tokens-'));
afterAll(() => rmSync(root, { recursive: true }));

const FILE = jwksFile('configMap', 'login', 'jwks.json');
const JWT: JwtConfig = { issuer: 'https://login.example', audiences: ['shop', 'x'], jwksFile: FILE };

function modelWith(configMaps: Record<string, Record<string, string>>, jwt = JWT) {
  const config = configOf('web', 'v1');
  const listeners = config.listeners.map((listener) => ({ ...listener, jwt: [jwt] }));
  return { workloads: [workloadOf('web', 'v1', { config: { ...config, listeners } })], configMaps: new Map(Object.entries(configMaps)), secrets: new Map() };
}

test('keys that are in the YAML are put where the proxies find them, and follow it', () => {
  const keys = new TokenKeys(join(root, 'given'));
  for (const content of ['one', 'two']) {
    expect(keys.write(modelWith({ 'shop/login': { 'jwks.json': content } }))).toEqual([]);
    expect(readFileSync(keys.fileOf('shop', FILE), 'utf8')).toBe(content);
  }
});

test('for keys that are in none of the files, one is made, with a token that is good', () => {
  const keys = new TokenKeys(join(root, 'made'));
  const [notice] = keys.write(modelWith({}));
  expect(notice).toContain("the keys of https://login.example, 'jwks.json' of ConfigMap 'login', are in none of the files");
  const token = /'Authorization: Bearer ([^']+)'/.exec(notice!)![1]!;
  const set = readKeySet(readFileSync(keys.fileOf('shop', FILE), 'utf8'));
  if (!set.ok) throw new Error(set.problem);
  const config: ResolvedJwt = { ...JWT, clockSkewMs: 0, maxTokenBytes: 8_192, forward: false, claimHeaders: [] };
  expect(new Tokens([config], () => set, new Map(), () => undefined).verify(token, Date.now() / 1_000)).toMatchObject({ ok: true });
  expect(keys.write(modelWith({}))).toEqual([]);
});

test('no path leads out of the folder', () => {
  const keys = new TokenKeys(join(root, 'paths'));
  for (const path of ['/etc/cdk8s-mesh-jwks/secrets/../x', '/../../etc/passwd', '/etc/cdk8s-mesh-jwks/secrets/a/..']) {
    expect(keys.fileOf('shop', path).startsWith(join(root, 'paths', 'shop'))).toBe(true);
  }
});
