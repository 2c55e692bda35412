/**
 * A zone that can be cut off. As root on Linux it is a network namespace at the end of a virtual cable, which is pulled: packets
 * vanish, nobody gets a reset, as when a zone loses its power. Elsewhere there is none, and a loss is simulated by stopping
 * processes (SIGSTOP): the kernel still accepts connections for them, which is the milder half of it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Names of what this makes begin so, and go on with the process id, so that leftovers of a run that was killed are known. */
const PREFIX = 'chaos';
/** Second half of 198.18.0.0/15, which is kept for tests of networks (RFC 2544). */
const NETWORK = '198.19';

let opened = 0;

export class LosableZone {
  private readonly inside = `${PREFIX}-in`;
  private readonly outside = `${PREFIX}${process.pid}x${opened}`;
  private readonly byte = process.pid % 250;

  private constructor(readonly namespace: string) {
    process.once('exit', this.close);
  }

  /** A new zone; undefined where there are none. */
  static open(): LosableZone | undefined {
    if (process.platform !== 'linux' || process.getuid?.() !== 0 || !succeeds(['-V'])) return undefined;
    removeLeftovers();
    opened += 1;
    const zone = new LosableZone(`${PREFIX}-${process.pid}-${opened}`);
    const { namespace, inside, outside } = zone;
    const made = [
      ['netns', 'add', namespace],
      ['link', 'add', outside, 'type', 'veth', 'peer', 'name', inside, 'netns', namespace],
      ['address', 'add', `${zone.address(0)}/24`, 'dev', outside],
      ['link', 'set', outside, 'up'],
      ['-n', namespace, 'link', 'set', 'lo', 'up'],
      ['-n', namespace, 'link', 'set', inside, 'up'],
      ['-n', namespace, 'address', 'add', `${zone.address(253)}/24`, 'dev', inside],
      ...Array.from({ length: 20 }, (_, index) => ['-n', namespace, 'address', 'add', `${zone.address(index + 1)}/24`, 'dev', inside]),
    ].every((args) => succeeds(args));
    if (made) return zone;
    zone.close();
    return undefined;
  }

  address(number: number): string {
    return `${NETWORK}.${this.byte}.${number + 1}`;
  }

  /** Pulls the cable. */
  lose(): void {
    run(['-n', this.namespace, 'link', 'set', this.inside, 'down']);
  }

  readonly close = (): void => {
    process.off('exit', this.close);
    // The kernel takes a namespace down when it comes to it; the cable, and with it the route, has to be gone now.
    succeeds(['link', 'delete', this.outside]);
    succeeds(['netns', 'delete', this.namespace]);
  };
}

function removeLeftovers(): void {
  const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const [name, pid] of stdout.matchAll(new RegExp(`^${PREFIX}-(\\d+)-\\d+`, 'gm'))) {
    if (!existsSync(`/proc/${pid}`)) succeeds(['netns', 'delete', name]);
  }
}

function succeeds(args: readonly string[]): boolean {
  return spawnSync('ip', args, { stdio: 'ignore' }).status === 0;
}

function run(args: readonly string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
}
