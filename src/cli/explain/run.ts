/** What `cdk8s-mesh explain` does: reads YAML and flags, and shows where the request goes. */
import { existsSync } from 'node:fs';
import type { Arguments } from '../command-line/command';
import { UserError } from '../command-line/errors';
import { Stack } from '../stack/stack';
import { readManifests } from '../model/manifests';
import { Screen } from '../terminal/screen';
import { AskedRequest, parseHeader } from './asked-request';
import { AskedToken } from './asked-token';
import { explainRequest, onlyCallerOf } from './explanation';
import { renderExplanation } from './render';
import { renderRoutes, routesOf } from './routes';

/** Settles with the exit code. */
export async function explain(args: Arguments): Promise<number> {
  const format = args.text('output') ?? 'text';
  if (format !== 'text' && format !== 'json') throw new UserError(`--output must be text or json, got '${format}'`);
  const { paths, method, url } = readPositionals(args);
  const request = url === undefined ? undefined : readRequest(args, method, url);
  const stack = Stack.of(readManifests(paths), paths.join(', '));
  const from = args.text('from');
  const callers = from === undefined ? undefined : stack.workloadsNamed(from, '--from');
  const screen = new Screen(process.stdout);
  if (request === undefined) {
    const routes = routesOf(stack, callers ?? stack.model.workloads);
    const lines = routes.length === 0 ? ['no call is declared, so there is no route'] : renderRoutes(routes, screen.paint);
    screen.say(format === 'json' ? JSON.stringify(routes, null, 2) : lines.join('\n'));
    return 0;
  }
  const explanation = explainRequest(stack, callers?.[0] ?? onlyCallerOf(stack, request, '--from'), request);
  screen.say(format === 'json' ? JSON.stringify(explanation, null, 2) : renderExplanation(explanation, screen.paint).join('\n'));
  return 0;
}

interface Positionals {
  readonly paths: readonly string[];
  readonly method: string;
  /** Absent with `--routes`. */
  readonly url: string | undefined;
}

/** Files and folders come first; the last is the URL, and what is before it in capitals the method. */
function readPositionals(args: Arguments): Positionals {
  const { positionals } = args;
  const dist = (paths: readonly string[]): readonly string[] => (paths.length > 0 ? paths : ['dist']);
  if (args.has('routes')) return { paths: dist(positionals), method: '', url: undefined };
  const url = positionals.at(-1);
  if (url === undefined || existsSync(url)) throw new UserError("name a request, such as GET http://catalog/search, or say --routes; 'cdk8s-mesh explain --help' shows examples");
  const before = positionals.at(-2);
  const isMethod = before !== undefined && /^[A-Z][A-Z-]*$/.test(before);
  return { paths: dist(positionals.slice(0, isMethod ? -2 : -1)), method: isMethod ? before : 'GET', url };
}

function readRequest(args: Arguments, method: string, url: string): AskedRequest {
  const bodyBytes = args.number('data-bytes', { min: 0, max: Number.MAX_SAFE_INTEGER }) ?? 0;
  if (!Number.isInteger(bodyBytes)) throw new UserError(`--data-bytes must be a whole number, got ${bodyBytes}`);
  return new AskedRequest({ method, url, bodyBytes, headers: args.all('header').map((text) => parseHeader(text, '-H')), token: readToken(args) });
}

function readToken(args: Arguments): AskedToken | undefined {
  const [claims, token] = [args.all('claim'), args.text('token')];
  if (claims.length > 0 && token !== undefined) throw new UserError('--claim and --token both say what the token claims; use one of them');
  return token !== undefined ? AskedToken.ofText(token) : claims.length > 0 ? AskedToken.ofClaims(claims) : undefined;
}
