/** What can be wrong with what a caller may ask for. */
import { PathOptions } from '../../routing';
import { ValidationErrors } from '../props/validation-errors';
import { checkMatches } from '../routes/match-checks';
import { Allow } from './allow';

/** Both ends of a call. Without an identity of either, nobody would check. */
interface AllowContext {
  /** Whether the callee looks at tokens. */
  readonly hasTokens: boolean;
  readonly caller: object | undefined;
  readonly callee: object | undefined;
  readonly path: PathOptions;
}

export function checkAllow(errors: ValidationErrors, prop: string, allow: readonly Allow[], { caller, callee, path, hasTokens }: AllowContext): void {
  if (!callee || !caller) {
    errors.add(prop, allow, `the ${callee ? 'caller' : 'service called'} has no identity, so nobody can tell whose requests these are; give its Mesh an 'identity', or leave this out`);
  }
  checkAllowed(errors, prop, allow, path, hasTokens);
}

/** Checks what may be asked for, by any caller. */
export function checkAllowed(errors: ValidationErrors, prop: string, allow: readonly Allow[], path: PathOptions, hasTokens: boolean): void {
  for (const { _matches: matches } of allow) {
    const callers = matches.find((match) => match?._condition?.kind === 'callers');
    if (callers) {
      errors.add(prop, callers._condition.said, 'callers are told by their identity, and not by conditions of requests; leave it out');
    }
  }
  checkMatches(errors, prop, allow.map(({ _matches }) => _matches), path, hasTokens);
}
