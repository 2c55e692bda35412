/** Times, sizes and shares as they were declared, in the largest unit that needs no more than two digits behind the point. */

const TIMES: readonly (readonly [unit: string, ms: number])[] = [['d', 86_400_000], ['h', 3_600_000], ['min', 60_000]];

/** `300 ms`, `1.5 s`, `5 min`. */
export function timeInWords(ms: number): string {
  const [unit, length] = TIMES.find(([, each]) => ms >= each && ms % each === 0) ?? [];
  if (length !== undefined) return `${ms / length} ${unit}`;
  return ms < 1_000 || ms % 10 !== 0 ? `${ms} ms` : `${ms / 1_000} s`;
}

/** `64 KiB`. */
export function bytesInWords(bytes: number): string {
  if (bytes >= 1_048_576 && bytes % 1_048_576 === 0) return `${bytes / 1_048_576} MiB`;
  return bytes >= 1_024 && bytes % 1_024 === 0 ? `${bytes / 1_024} KiB` : `${bytes} bytes`;
}

/** `5 %`, `33.3 %`. */
export function percentInWords(percent: number): string {
  return `${Number(percent.toFixed(percent < 1 ? 2 : 1))} %`;
}

/** `1 pod`, `3 pods`. */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[], last = 'and'): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} ${last} ${items.at(-1)!}`;
}
