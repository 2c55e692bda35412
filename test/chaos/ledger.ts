/** What the backends wrote down: which requests each of them executed, and how often. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SUFFIX = '.ledger';

export class Ledger {
  /** By request, the pods that executed it, in no order. */
  private readonly pods = new Map<string, string[]>();

  /** Reads the files of a folder. */
  static read(folder: string): Ledger {
    const ledger = new Ledger();
    for (const file of readdirSync(folder).filter((name) => name.endsWith(SUFFIX))) {
      const pod = file.slice(0, -SUFFIX.length);
      for (const line of readFileSync(join(folder, file), 'latin1').split('\n')) if (line !== '') ledger.add(line.split(' ')[1]!, pod);
    }
    return ledger;
  }

  /** Where a request was executed, once for each time. */
  executions(id: string): readonly string[] {
    return this.pods.get(id) ?? [];
  }

  private add(id: string, pod: string): void {
    const pods = this.pods.get(id);
    if (pods) pods.push(pod);
    else this.pods.set(id, [pod]);
  }
}
