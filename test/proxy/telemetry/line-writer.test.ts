import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COLLECT_BYTES, COLLECT_MS, LineSink, LineWriter } from '../../../src/proxy/telemetry/line-writer';
import { FakeClock } from '../../support/fake-clock';
import { textOf } from '../../support/text-of';

/** Takes a text and is done with it when the test says so. */
class SlowSink implements LineSink {
  readonly texts: string[] = [];
  /** What is being written. */
  given: string | Uint8Array | undefined;
  private done: ((error?: Error) => void) | undefined;

  write(text: string | Uint8Array, done: (error?: Error) => void): void {
    if (this.done) throw new Error('two writes at a time');
    this.given = text;
    this.texts.push(textOf(text));
    this.done = done;
  }

  finish(error?: Error): void {
    const done = this.done!;
    this.done = undefined;
    done(error);
  }
}

describe('the writer of log lines', () => {
  it('writes a line at once, and what comes meanwhile together', () => {
    const sink = new SlowSink();
    const writer = new LineWriter(sink);
    writer.write('one');
    writer.write('two');
    writer.write('three');
    expect(sink.texts).toEqual(['one\n']);
    sink.finish();
    expect(sink.texts).toEqual(['one\n', 'two\nthree\n']);
    sink.finish();
    writer.write('four');
    expect(sink.texts).toEqual(['one\n', 'two\nthree\n', 'four\n']);
    expect(writer.dropped).toBe(0);
  });

  it('drops whole lines and counts them, given a reader that has stopped, and goes on when it reads again', () => {
    const sink = new SlowSink();
    const writer = new LineWriter(sink, 20);
    writer.write('under way');
    const taken = Array.from({ length: 10 }, (_, index) => writer.write(`line ${index}`));
    expect(taken).toEqual([true, true, ...new Array<boolean>(8).fill(false)]);
    expect(writer.dropped).toBe(8);
    sink.finish();
    expect(sink.texts[1]).toBe('line 0\nline 1\n');
    sink.finish();
    expect(writer.write('again')).toBe(true);
    expect(sink.texts[2]).toBe('again\n');
  });

  it('drops a line that is longer than all that may wait', () => {
    const sink = new SlowSink();
    const writer = new LineWriter(sink, 20);
    expect(writer.write('x'.repeat(20))).toBe(false);
    expect(sink.texts).toEqual([]);
  });

  it('counts everything as dropped, given an output that is gone', () => {
    const sink = new SlowSink();
    const writer = new LineWriter(sink);
    ['a', 'b', 'c'].forEach((line) => writer.write(line));
    sink.finish(new Error('EPIPE'));
    writer.write('d');
    expect(writer.dropped).toBe(4);
    expect(sink.texts).toEqual(['a\n']);
  });

  describe('given lines that may wait', () => {
    let clock: FakeClock;
    let sink: SlowSink;
    let writer: LineWriter;
    beforeEach(() => {
      clock = new FakeClock();
      sink = new SlowSink();
      writer = new LineWriter(sink);
    });

    it('writes them together when the first has waited long enough', () => {
      for (const line of ['a', 'b', 'c']) writer.collect(line, clock);
      clock.advance(COLLECT_MS - 1);
      expect(sink.texts).toEqual([]);
      clock.advance(1);
      expect(sink.texts).toEqual(['a\nb\nc\n']);
      sink.finish();
      writer.collect('d', clock);
      clock.advance(COLLECT_MS);
      expect(sink.texts).toEqual(['a\nb\nc\n', 'd\n']);
    });

    it('writes them when there are as many as fit', () => {
      const line = 'x'.repeat(COLLECT_BYTES / 8);
      for (let i = 0; i < 7; i += 1) writer.collect(line, clock);
      expect(sink.texts).toEqual([`${line}\n`.repeat(5)]);
      expect(clock.pending).toBe(0);
      sink.finish();
      expect(sink.texts[1]).toBe(`${line}\n`.repeat(2));
    });

    it('writes one that is longer than all that may wait at once, and others before it', () => {
      const line = 'x'.repeat(COLLECT_BYTES);
      writer.collect('a', clock);
      writer.collect(line, clock);
      writer.collect('b', clock);
      sink.finish();
      sink.finish();
      expect(sink.texts).toEqual(['a\n', `${line}\nb\n`]);
    });

    it('keeps any characters', () => {
      const lines = ['\u00e9\u20ac\u{1f600}', '\uffff'.repeat(100)];
      for (const line of lines) writer.collect(line, clock);
      clock.advance(COLLECT_MS);
      expect(sink.texts).toEqual([`${lines.join('\n')}\n`]);
    });

    it('does not change what is being written', () => {
      writer.collect('a', clock);
      clock.advance(COLLECT_MS);
      const written = sink.given!;
      writer.collect('b', clock);
      expect(textOf(written)).toBe('a\n');
    });

    it('writes them before one that may not wait', () => {
      writer.collect('a', clock);
      writer.write('b');
      sink.finish();
      expect(sink.texts).toEqual(['a\n', 'b\n']);
      expect(clock.pending).toBe(0);
    });

    it('writes what came during a write as soon as that is over', () => {
      writer.write('a');
      writer.collect('b', clock);
      sink.finish();
      expect(sink.texts).toEqual(['a\n', 'b\n']);
    });

    it('writes them when it is waited for', async () => {
      writer.collect('a', clock);
      const flushed = writer.flush(clock, 100);
      expect(sink.texts).toEqual(['a\n']);
      sink.finish();
      await flushed;
      expect(clock.pending).toBe(0);
    });

    it('drops and counts those for which there is no room, and all when the output is gone', () => {
      const small = new LineWriter(sink, 20);
      small.write('under way');
      const line = 'x'.repeat(COLLECT_BYTES / 4);
      expect(['a', line, line, 'b', 'c'].map((each) => small.collect(each, clock))).toEqual([true, true, false, true, true]);
      expect(small.dropped).toBe(1);
      sink.finish(new Error('EPIPE'));
      expect([small.collect('d', clock), small.dropped]).toEqual([false, 7]);
    });
  });

  describe('given a source of lines', () => {
    let clock: FakeClock;
    let sink: SlowSink;
    let writer: LineWriter;
    let waiting: string[];
    const source = {
      giveLines: () => {
        const lines = waiting;
        waiting = [];
        for (const line of lines) writer.collect(line, clock);
      },
    };
    const has = (...lines: string[]): void => {
      waiting.push(...lines);
      writer.expect(source, clock);
    };
    const all = (): string[] => sink.texts.join('').split('\n').slice(0, -1);
    beforeEach(() => {
      clock = new FakeClock();
      sink = new SlowSink();
      writer = new LineWriter(sink);
      waiting = [];
    });

    it('asks it when its lines have waited long enough', () => {
      has('a', 'b');
      clock.advance(COLLECT_MS - 1);
      expect(sink.texts).toEqual([]);
      clock.advance(1);
      expect([sink.texts, clock.pending]).toEqual([['a\nb\n'], 0]);
    });

    it('asks it after that time though other lines are written meanwhile', () => {
      writer.write('event');
      writer.write('another');
      has('a');
      sink.finish();
      sink.finish();
      expect(sink.texts).toHaveLength(2);
      clock.advance(COLLECT_MS);
      expect(all()).toEqual(['event', 'another', 'a']);
    });

    it('asks it after that time though so many other lines come that they are written', () => {
      has('a');
      for (let i = 0; i < 6; i += 1) writer.collect('x'.repeat(COLLECT_BYTES / 8), clock);
      sink.finish();
      sink.finish();
      clock.advance(COLLECT_MS);
      expect(all()).toContain('a');
    });

    it('has its lines written before one that may not wait, and keeps no timer', () => {
      has('a');
      writer.write('event');
      sink.finish();
      expect([all(), clock.pending]).toEqual([['a', 'event'], 0]);
    });

    it('asks for what came while it was waited for', async () => {
      has('a');
      const flushed = writer.flush(clock, 500);
      has('b');
      sink.finish();
      sink.finish();
      await flushed;
      expect(all()).toEqual(['a', 'b']);
    });

    it('counts its lines as dropped when the output is gone', () => {
      writer.write('under way');
      has('a', 'b');
      sink.finish(new Error('EPIPE'));
      clock.advance(COLLECT_MS);
      expect(writer.dropped).toBe(3);
    });
  });

  it('can be waited for until all is written, but not for ever', async () => {
    const clock = new FakeClock();
    const sink = new SlowSink();
    const writer = new LineWriter(sink);
    await writer.flush(clock, 100);
    writer.write('a');
    writer.write('b');
    let flushed = 0;
    const one = writer.flush(clock, 100).then(() => { flushed += 1; });
    sink.finish();
    await Promise.resolve();
    expect(flushed).toBe(0);
    sink.finish();
    await one;
    expect(clock.pending).toBe(0);
    writer.write('c');
    const other = writer.flush(clock, 100);
    clock.advance(100);
    await other;
  });
});

describe('standard output', () => {
  const module = JSON.stringify(require.resolve('../../../src/proxy/telemetry/line-writer'));
  const clock = JSON.stringify(require.resolve('../../../src/proxy/runtime/clock'));

  /** Runs a script in which `writer` writes to standard output. */
  const start = (script: string, stdout: 'pipe' | number) => spawn(process.execPath, ['-r', 'ts-node/register/transpile-only', '-e', `
    const { LineWriter, openStandardOutput } = require(${module});
    const { systemClock } = require(${clock});
    const writer = new LineWriter(openStandardOutput(), 100_000);
    ${script}
  `], { stdio: ['ignore', stdout, 'pipe'] });

  const allOf = async (stream: NodeJS.ReadableStream): Promise<string> => {
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text;
  };

  it('does not hold up the process, given a pipe that nobody reads, and lets it exit', async () => {
    const child = start(`
      for (let line = 0; line < 20_000; line++) writer.write('x'.repeat(99));
      setTimeout(async () => {
        await writer.flush(systemClock, 50);
        process.stderr.write('dropped ' + (writer.dropped > 0), () => process.exit(0));
      }, 10);
    `, 'pipe');
    const said = allOf(child.stderr!);
    const code = await new Promise((resolve) => { child.once('exit', resolve); });
    child.stdout!.destroy();
    expect([code, await said]).toEqual([0, 'dropped true']);
  });

  it('gets every line, given a pipe that is read', async () => {
    const child = start('for (let line = 0; line < 1_000; line++) writer.write(`line ${line}`); void writer.flush(systemClock, 5_000);', 'pipe');
    expect(await allOf(child.stdout!)).toBe(Array.from({ length: 1_000 }, (_, line) => `line ${line}\n`).join(''));
  });

  it('gets every line, given a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mesh-log-'));
    try {
      const { openSync, closeSync } = await import('node:fs');
      const fd = openSync(join(folder, 'log'), 'w');
      const child = start('for (let line = 0; line < 100; line++) writer.write(`line ${line}`);', fd);
      closeSync(fd);
      await new Promise((resolve) => { child.once('exit', resolve); });
      expect(readFileSync(join(folder, 'log'), 'utf8').split('\n')).toHaveLength(101);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
