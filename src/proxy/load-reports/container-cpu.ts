/**
 * The part of its CPU quota that a container uses, from the files of its control group (Linux cgroup v2: `cpu.stat` and
 * `cpu.max`).
 *
 * Which container: with the cgroup namespaces that container runtimes give since cgroup v2, `/sys/fs/cgroup` is the control
 * group of the container that looks, and nothing above it. So a sidecar reads its own CPU here and never the app's; the number
 * tells when the proxy itself is what has run out. It exists only with a CPU limit: without a quota there is nothing to be
 * a part of. Where the files are missing (cgroup v1, other systems), nothing is told.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How often the files are read. */
export const READ_MS = 1_000;

export class ContainerCpu {
  private readAt = -Infinity;
  private usedUs: number | undefined;
  private part: number | undefined;

  constructor(private readonly folder = '/sys/fs/cgroup') {}

  /**
   * Over about the last second that somebody asked in; above 1 for a moment, as quotas are kept by periods. Undefined when it
   * can't be known.
   *
   * @param now monotonic milliseconds
   */
  utilization(now: number): number | undefined {
    const elapsed = now - this.readAt;
    if (elapsed < READ_MS) return this.part;
    const before = this.usedUs;
    const quota = this.quota();
    this.readAt = now;
    this.usedUs = quota === undefined ? undefined : this.used();
    const known = quota !== undefined && before !== undefined && this.usedUs !== undefined;
    this.part = known ? Math.max(0, this.usedUs! - before) / 1_000 / elapsed / quota : undefined;
    return this.part;
  }

  /** How many CPUs the container may use up; undefined without a limit. */
  private quota(): number | undefined {
    const [quota, period] = this.read('cpu.max').split(/\s+/, 2).map(Number);
    return quota! > 0 && period! > 0 ? quota! / period! : undefined;
  }

  private used(): number | undefined {
    const used = /^usage_usec (\d+)$/m.exec(this.read('cpu.stat'))?.[1];
    return used === undefined ? undefined : Number(used);
  }

  private read(file: string): string {
    try {
      return readFileSync(join(this.folder, file), 'latin1');
    } catch {
      return '';
    }
  }
}
