/** What `stat`, `edges`, `endpoints` and `routes` do: look twice, and print what there is and what grew in between; or look again and again. */
import type { Arguments } from '../command-line/command';
import type { Snapshot } from '../live';
import type { Paint } from '../terminal/table';
import { measure, watch } from './look';
import { FORMATS, linesOf, print, screenOf } from './output';
import { chosenServices, formatOf, windowOf, withPicture } from './running';
import { rowsOf, TableName, tableOf } from './tables';

/** Settles with the exit code. */
export async function showTable(name: TableName, args: Arguments): Promise<number> {
  const format = formatOf(args, FORMATS);
  // A Prometheus has a window of its own.
  const windowMs = args.has('prometheus') ? 0 : windowOf(args);
  const { screen, unread } = screenOf(process.stdout);
  const show = (snapshot: Snapshot): void => {
    const chosen = chosenServices(args.positionals, snapshot.services.map(({ id }) => id));
    print(screen, args.has('watch'), format === 'json' ? [JSON.stringify(asData(name, snapshot, rowsOf(name, snapshot, chosen)))]
      : [...linesOf(tableOf(name, snapshot, chosen), format, screen.paint), ...silentLines(snapshot, screen.paint)]);
  };
  return withPicture(args, async (mesh) => {
    if (args.has('watch')) await watch(mesh, windowMs, unread, show);
    else show(await measure(mesh, windowMs));
    return 0;
  });
}

/** `{"at": "...", "seconds": 3, "edges": [...], "silent": []}`; the list of `stat` is called `services`. */
function asData(name: TableName, { at, seconds, silent }: Snapshot, rows: readonly unknown[]): Record<string, unknown> {
  return { at: new Date(at).toISOString(), seconds, [name === 'stat' ? 'services' : name]: rows, silent };
}

/** What the table lacks. */
function silentLines({ silent }: Snapshot, paint: Paint): string[] {
  return silent.map(({ proxy, why }) => paint('red', `${proxy} gave no answer: ${why}`));
}
