/**
 * Whether a caller may send a request: the engine that the proxy, the command and the constructs share. Pure, and without allocations.
 *
 *   Authorization.of(rules, pathOptions?)          an Authorization, or a list of RuleProblem
 *     .decide(caller, request: RequestView)        Decision: { allowed: true, rule, name } | { allowed: false, cause }
 */
export * from './authorization';
export * from './decision';
export { RuleProblem } from './problem';
