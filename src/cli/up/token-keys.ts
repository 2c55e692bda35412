/**
 * The keys of issuers of tokens (JWT), as files where the proxies of a run find them: those of the ConfigMaps and Secrets in the YAML. In place of
 * those that are in none of the files, a key is made for the run, with a token of it, so that requests can be sent at all.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { JWKS_DIR, JwtConfig } from '../../contract';
import type { MeshModel } from '../model/model';

const MOUNTED = new RegExp(`^${JWKS_DIR}/(config-maps|secrets)/(?!\\.\\.)([^/]+)/(?!\\.\\.)([^/]+)$`);

/** How long a token of a run is good: longer than anybody looks at one. */
const TOKEN_SECONDS = 7 * 86_400;
const KID = 'cdk8s-mesh-up';

export class TokenKeys {
  /** What each file holds, by its path. */
  private readonly written = new Map<string, string>();

  /**
   * @param folder made when there are keys
   * @param seconds now, since 1970
   */
  constructor(private readonly folder: string, private readonly seconds: () => number = () => Date.now() / 1_000) {}

  /**
   * Writes the keys that the model's documents name; those that are the same as before stay.
   *
   * @returns in words, which of them are made up, with their tokens
   */
  write(model: Pick<MeshModel, 'workloads' | 'configMaps' | 'secrets'>): string[] {
    const notices: string[] = [];
    for (const { namespace, config } of model.workloads) {
      for (const jwt of config.listeners.flatMap((listener) => listener.jwt ?? [])) {
        const { title, content } = findIn(model, namespace, jwt.jwksFile);
        const path = this.fileOf(namespace, jwt.jwksFile);
        const before = this.written.get(path);
        if (content !== undefined) this.put(path, content);
        else if (before === undefined) notices.push(this.make(path, title, jwt));
      }
    }
    return notices;
  }

  /** Where a pod of this namespace finds what is at `jwksFile` in a cluster. */
  fileOf(namespace: string, jwksFile: string): string {
    const [, place, name, key] = MOUNTED.exec(jwksFile) ?? [];
    return place !== undefined ? join(this.folder, namespace, place, name!, key!) : join(this.folder, namespace, 'elsewhere', encodeURIComponent(jwksFile));
  }

  private make(path: string, title: string, { issuer, audiences, header, cookie }: JwtConfig): string {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    this.put(path, JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: KID, alg: 'EdDSA', use: 'sig' }] }));
    writeFileSync(`${path}.private.pem`, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const exp = Math.floor(this.seconds()) + TOKEN_SECONDS;
    const signed = `${encode({ alg: 'EdDSA', kid: KID, typ: 'JWT' })}.${encode({ iss: issuer, aud: audiences[0], sub: 'up', exp })}`;
    const token = `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
    const field = cookie !== undefined ? `Cookie: ${cookie}=` : header !== undefined ? `${header}: ` : 'Authorization: Bearer ';
    return `the keys of ${issuer}, ${title}, are in none of the files; a key of this run takes their place (${path}.private.pem). Send '${field}${token}'`;
  }

  /** At once for every reader. */
  private put(path: string, content: string): void {
    if (content === this.written.get(path)) return;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, content, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    this.written.set(path, content);
  }
}

/** What is mounted at a path; a document written by hand may name any. */
function findIn(model: Pick<MeshModel, 'configMaps' | 'secrets'>, namespace: string, jwksFile: string): { readonly title: string; readonly content?: string } {
  const [, place, name, key] = MOUNTED.exec(jwksFile) ?? [];
  if (name === undefined || key === undefined) return { title: `the file ${jwksFile}` };
  const objects = place === 'secrets' ? model.secrets : model.configMaps;
  const data = objects.get(`${namespace}/${name}`) ?? {};
  const title = `'${key}' of ${place === 'secrets' ? 'Secret' : 'ConfigMap'} '${name}'`;
  return Object.hasOwn(data, key) ? { title, content: data[key]! } : { title };
}
