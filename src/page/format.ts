/** Numbers as people read them at a glance: few digits, the same width from one look to the next as far as can be. */
import type { Figures } from '../cli/live';

export function rate(perSecond: number): string {
  if (perSecond === 0) return '0/s';
  if (perSecond < 0.1) return '<0.1/s';
  return `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond).toLocaleString('en')}/s`;
}

export function time(ms: number | undefined): string {
  if (ms === undefined) return '–';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** Never 100 % while something failed. */
export function success(share: number | undefined): string {
  if (share === undefined) return '–';
  if (share === 1) return '100 %';
  return share > 0.999 ? '99.9 %' : `${(share * 100).toFixed(1)} %`;
}

export function percent(share: number | undefined): string {
  return share === undefined ? '–' : `${Math.round(share * 100)} %`;
}

/** How requests go: the class that colours them. */
export function healthOf({ success: share }: Figures): 'idle' | 'good' | 'poor' | 'bad' {
  if (share === undefined) return 'idle';
  return share >= 0.999 ? 'good' : share >= 0.95 ? 'poor' : 'bad';
}

/** All figures in a sentence, for those who hear the page. */
export function inWords(figures: Figures): string {
  if (figures.rate === 0) return 'no requests';
  return `${rate(figures.rate).replace('/s', ' requests a second')}, ${success(figures.success)} succeed, `
    + `half within ${time(figures.p50Ms)}, 99 of 100 within ${time(figures.p99Ms)}`;
}

export function clockTime(at: number): string {
  return new Date(at).toTimeString().slice(0, 8);
}
