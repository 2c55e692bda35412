/** What can be wrong with what a caller may ask for. */
import { PathOptions } from '../../routing';
import { ValidationErrors } from '../props/validation-errors';
import { checkMatches } from '../routes/match-checks';
import { Allow } from './allow';

/** Both ends of a call. Without an identity of either, nobody would check. */
interface AllowContext {
  readonly caller: object | undefined;
  readonly callee: object | undefined;
  readonly path: PathOptions;
}

export function checkAllow(errors: ValidationErrors, prop: string, allow: readonly Allow[], { caller, callee, path }: AllowContext): void {
  if (!callee || !caller) {
    errors.add(prop, allow, `the ${callee ? 'caller' : 'service called'} has no identity, so nobody can tell whose requests these are; give its Mesh an 'identity', or leave this out`);
  }
  for (const { _matches: matches } of allow) {
    const callers = matches.find((match) => match?._condition?.kind === 'callers');
    if (callers) {
      errors.add(prop, callers._condition.said, 'these requests are of one caller already; leave it out');
    }
  }
  checkMatches(errors, prop, allow.map(({ _matches }) => _matches), path);
}
