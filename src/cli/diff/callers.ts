/** Who may call a service, and by what connections: the rules and the mutual TLS of two inbound listeners, told by caller. */
import type { AuthorizationRule, ResolvedListener, ResolvedListenerMutualTls } from '../../contract';
import { describeConditions, tableOf } from '../explain/route-choice';
import { authorityOf } from '../explain/questions';
import { modeInWords } from '../explain/security';
import type { Change } from './change';

/** What a caller may do, and by which rules. */
interface Permission {
  /** In words, without the names of rules: those are no difference. */
  readonly requests: Set<string>;
  readonly rules: string[];
}

const ANYBODY = 'anybody';

export function changesOfCallers(where: string, subject: string, from: ResolvedListener, to: ResolvedListener): Change[] {
  const [old, now] = [permissionsOf(from), permissionsOf(to)];
  const told = [...mutualTlsOf(where, subject, from.mutualTls, to.mutualTls), ...changesOfQuestions(where, subject, from, to)];
  return [...told, ...[...new Set([...old.keys(), ...now.keys()])].sort().flatMap((caller) => {
    const [before, after] = [old.get(caller), now.get(caller)];
    if (requestsOf(before) === requestsOf(after)) return [];
    const dryRun = to.authorization?.dryRun === true;
    // Without rules, callers that rules name may send everything.
    const open = caller === ANYBODY ? undefined : EVERYTHING;
    const meaning = caller === ANYBODY && !after ? `callers that no rule names ${dryRun ? WITHOUT_DRY_RUN : 'get 403'}`
      : meaningOf(from.authorization ? before : before ?? open, to.authorization ? after : after ?? open, dryRun);
    return [{ where, subject, what: `caller ${caller}`, from: inWords(before), to: inWords(after), meaning }];
  })];
}

function permissionsOf({ authorization, path }: ResolvedListener): Map<string, Permission> {
  const permissions = new Map<string, Permission>();
  if (!authorization) return permissions.set(ANYBODY, { requests: new Set([EVERY_REQUEST]), rules: [] });
  for (const rule of authorization.rules) {
    const requests = requestsInWords(rule, path);
    for (const caller of callersOf(rule)) {
      const permission = permissions.get(caller) ?? { requests: new Set(), rules: [] };
      requests.forEach((each) => permission.requests.add(each));
      permission.rules.push(rule.name);
      permissions.set(caller, permission);
    }
  }
  return permissions;
}

function callersOf({ callers = [], anyAuthenticated, plain }: AuthorizationRule): string[] {
  return [...callers, ...(anyAuthenticated ? ['with any verified identity'] : []), ...(plain ? ['without an identity'] : [])];
}

const EVERY_REQUEST = 'every request';
const EVERYTHING: Permission = { requests: new Set([EVERY_REQUEST]), rules: [] };
const WITHOUT_DRY_RUN = 'would get 403 without the dry run';

function requestsInWords({ name, matches }: AuthorizationRule, path: ResolvedListener['path']): string[] {
  return matches ? tableOf({ routes: [{ name, matches }], ...(path && { path }) }).rows.map(describeConditions) : [EVERY_REQUEST];
}

function requestsOf(permission: Permission | undefined): string {
  return permission ? [...permission.requests].sort().join(' or ') : '';
}

function inWords(permission: Permission | undefined): string {
  if (!permission) return '';
  const { rules } = permission;
  return `${requestsOf(permission)}${rules.length === 0 ? '' : ` (${rules.length === 1 ? 'rule' : 'rules'} ${rules.join(', ')})`}`;
}

/** @param dryRun what no rule takes passes all the same */
function meaningOf(before: Permission | undefined, after: Permission | undefined, dryRun: boolean): string {
  const get = dryRun ? WITHOUT_DRY_RUN : undefined;
  if (requestsOf(before) === requestsOf(after)) return 'is let in as before';
  if (!before) return 'is let in from now on';
  if (!after) return get ?? 'gets 403 from now on';
  if (after.requests.has(EVERY_REQUEST)) return 'more requests are let in';
  return before.requests.has(EVERY_REQUEST) ? `other requests ${get ?? 'get 403'}` : '';
}

/** Whom a listener asks about its requests. */
export function changesOfQuestions(where: string, subject: string, from: ResolvedListener, to: ResolvedListener): Change[] {
  const [before, after] = [from, to].map(({ externalAuthorization: asked }) => (asked ? authorityOf(asked) : 'nobody')) as [string, string];
  if (before === after) return [];
  const meaning = after === 'nobody' ? 'nobody is asked about requests any more' : before === 'nobody' ? 'requests pass only if it says so' : 'another service decides';
  return [{ where, subject, what: 'asks about requests', from: before, to: after, meaning }];
}

type MutualTls = ResolvedListenerMutualTls | undefined;

function mutualTlsOf(where: string, subject: string, from: MutualTls, to: MutualTls): Change[] {
  const [before, after] = [from, to].map((mutualTls) => (mutualTls ? modeInWords(mutualTls) : 'none'));
  if (before === after) return [];
  return [{ where, subject, what: 'mutual TLS', from: before!, to: after!, meaning: mutualTlsMeans(from, to) }];
}

function mutualTlsMeans(from: MutualTls, to: MutualTls): string {
  if (!to) return 'callers don\'t prove who they are any more, and connections are not encrypted';
  if (to.mode === 'strict') return 'callers without mutual TLS get 403';
  if (from?.mode === 'strict') return 'connections without TLS are taken, too';
  return from ? 'connections without TLS are taken from other networks' : 'callers may prove who they are';
}
