/** The report of a run: records what a mesh does, and writes it as one HTML file. */
import type { Clock } from '../../proxy/runtime/clock';
import { writeOutput } from '../command-line/output-file';
import { Poller, ProxySource, ScrapedMesh } from '../live';
import { Recorder } from './recording';
import { reportPage, ReportText } from './report-page';

/** Short, so that an outage of a second is seen. */
const WINDOW_MS = 2_000;

export class RunReport {
  private readonly recorder: Recorder;
  private readonly poller: Poller;

  constructor(source: ProxySource, private readonly clock: Clock) {
    this.recorder = new Recorder(clock.wallTime());
    // Between two looks at which the proxies can't be found, there is a gap.
    this.poller = new Poller({
      source: new ScrapedMesh(source, { clock, windowMs: WINDOW_MS }), clock,
      onSnapshot: (snapshot, events) => this.recorder.add(snapshot, events), onProblem: () => undefined,
    });
  }

  start(): void {
    this.poller.start();
  }

  /** Notes what somebody does now. */
  mark(text: string): void {
    this.recorder.mark(this.clock.wallTime(), text);
  }

  /** Ends the recording. */
  stop(): void {
    this.poller.stop();
  }

  write(file: string, text: ReportText): void {
    writeOutput(file, 'report', reportPage(this.recorder.recording, text));
  }
}
