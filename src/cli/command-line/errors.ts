/**
 * What the user can put right. Such an error is shown as its message alone and ends the command with exit code 1;
 * anything else is a bug and is shown with its stack.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** Text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Code of a system error (`EADDRINUSE`), or an empty string. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}
