/** What `cdk8s-mesh diff` does: reads both sides, and shows what changes. */
import type { Arguments } from '../command-line/command';
import { UserError } from '../command-line/errors';
import { readManifests } from '../model/manifests';
import { Stack } from '../stack/stack';
import { Screen } from '../terminal/screen';
import { diffOf } from './diff';
import { renderDiff, renderMarkdown } from './render';

/** Settles with the exit code. */
export async function diff(args: Arguments): Promise<number> {
  const { positionals } = args;
  const [before, after] = positionals;
  if (before === undefined || after === undefined || positionals.length > 2) {
    throw new UserError(`name two folders, the old one and the new one, as in cdk8s-mesh diff old/ new/; got ${positionals.length === 0 ? 'none' : positionals.join(' ')}`);
  }
  const changes = diffOf(stackOf(before), stackOf(after));
  const screen = new Screen(process.stdout);
  screen.say((args.has('markdown') ? renderMarkdown(changes) : renderDiff(changes, screen.paint)).join('\n'));
  return args.has('exit-code') && changes.length > 0 ? 1 : 0;
}

function stackOf(path: string): Stack {
  return Stack.of(readManifests([path]), path);
}
