/** Files that a command writes because a flag named them. */
import { writeFileSync } from 'node:fs';
import { messageOf, UserError } from './errors';

/**
 * @param what what the file is, for the message: `picture`
 * @throws UserError when it can't be written
 */
export function writeOutput(file: string, what: string, content: string): void {
  try {
    writeFileSync(file, content);
  } catch (error) {
    throw new UserError(`the ${what} can't be written to '${file}': ${messageOf(error)}`);
  }
}
