/** What `cdk8s-mesh authority` does: reads and writes the files of a small authority. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { issue, Issuer, makeIssuer, makeRoot, readIssuer, spiffeIdOf } from '../../authority';
import type { Arguments } from '../command-line/command';
import { messageOf, UserError } from '../command-line/errors';

const DAY_MS = 86_400_000;
const MAX_DAYS = 36_500;
const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/;
const ACCOUNT = /^([a-z0-9-]{1,63})\/([a-z0-9.-]{1,253})$/;
const WORKLOAD_ID = /^spiffe:\/\/[a-z0-9._-]+(?:\/(?!\.\.?(?:\/|$))[a-zA-Z0-9._-]+)+$/;

/** Settles with the exit code. */
export function runAuthority(args: Arguments): Promise<number> {
  const [action, folder, ...rest] = args.positionals;
  if ((action !== 'init' && action !== 'issue') || folder === undefined || rest.length > 0) {
    throw new UserError('authority takes what to do and a folder: cdk8s-mesh authority init|issue FOLDER');
  }
  if (action === 'init') init(folder, args);
  else issueLeaf(folder, args);
  return Promise.resolve(0);
}

function init(folder: string, args: Arguments): void {
  const trustDomain = args.text('trust-domain') ?? 'cluster.local';
  if (!TRUST_DOMAIN.test(trustDomain)) throw new UserError(`--trust-domain '${trustDomain}' is no SPIFFE trust domain; use lower case letters, digits, '.', '-' and '_'`);
  for (const name of ['root.crt', 'root.key', 'issuer.crt', 'issuer.key']) {
    if (existsSync(join(folder, name))) throw new UserError(`${join(folder, name)} is there already; what it has signed would be lost, so name another folder`);
  }
  const validity = { now: Date.now(), lifetimeMs: daysOf(args, 3_650) * DAY_MS };
  const root = makeRoot(trustDomain, validity);
  const issuer = makeIssuer(root, validity);
  write(folder, { 'root.crt': root.certificate, 'root.key': root.key, 'issuer.crt': issuer.certificate, 'issuer.key': issuer.key });
  console.log(`${folder} has an authority of the trust domain ${trustDomain}; ${join(folder, 'root.crt')} is what others have to trust`);
}

function issueLeaf(folder: string, args: Arguments): void {
  const out = args.text('out');
  if (out === undefined) throw new UserError('issue needs a folder for the files: --out FOLDER');
  const issuer = issuerIn(folder);
  const id = idOf(args, issuer.trustDomain);
  const { certificate, key } = issue(issuer, id, { now: Date.now(), lifetimeMs: daysOf(args, 1) * DAY_MS });
  write(out, { 'tls.crt': certificate, 'tls.key': key, 'ca.crt': read(folder, 'root.crt') });
  console.log(`${out} has the certificate of ${id}`);
}

function issuerIn(folder: string): Issuer {
  const [certificate, key] = ['issuer.crt', 'issuer.key'].map((name) => read(folder, name)) as [string, string];
  const issuer = readIssuer(certificate, key);
  if (!issuer) throw new UserError(`issuer.crt and issuer.key in ${folder} are not those of an authority; make them with 'cdk8s-mesh authority init'`);
  return issuer;
}

function idOf(args: Arguments, trustDomain: string): string {
  const [id, account] = [args.text('id'), args.text('service-account')];
  if ((id === undefined) === (account === undefined)) throw new UserError('issue needs one of --service-account NAMESPACE/NAME and --id SPIFFE-ID');
  if (account !== undefined) {
    const [, namespace, name] = ACCOUNT.exec(account) ?? [];
    if (namespace === undefined) throw new UserError(`--service-account '${account}' is not NAMESPACE/NAME`);
    return spiffeIdOf(trustDomain, namespace, name!);
  }
  if (!WORKLOAD_ID.test(id!)) throw new UserError(`--id '${id}' is no SPIFFE id of a workload, such as ${spiffeIdOf(trustDomain, 'shop', 'web')}`);
  if (id!.split('/')[2] !== trustDomain) throw new UserError(`--id '${id}' is not of the trust domain '${trustDomain}' of this authority`);
  return id!;
}

function daysOf(args: Arguments, usual: number): number {
  return args.number('days', { min: 1, max: MAX_DAYS }) ?? usual;
}

function read(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch (error) {
    throw new UserError(`${join(folder, name)} can't be read: ${messageOf(error)}; make an authority with 'cdk8s-mesh authority init ${folder}'`);
  }
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    // The mode counts for a new file only: one that is there may be readable by others.
    rmSync(path, { force: true });
    writeFileSync(path, text, { mode: name.endsWith('.key') ? 0o600 : 0o644 });
  }
}
