/** The live page of the mesh on this machine: its server, its buttons, and the traffic that they drive. */
import { systemClock } from '../../proxy/runtime/clock';
import { ScrapedMesh } from '../live';
import type { Workload } from '../model/model';
import { PageServer, readPage } from '../page';
import { Behaviour, PROMPT } from '../stand-in/behaviour';
import { liveProxies } from './live-proxies';
import type { LocalMesh } from './local-mesh';
import { LocalActions } from './page-actions';
import { EveryCall } from './traffic/every-call';

export interface LivePageOptions {
  /** The bundled page. */
  readonly file: string;
  /** What is run, in words. */
  readonly title: string;
  /** How a workload's stand-ins behave at first; undefined for the user's own program. Absent: they answer at once. */
  behaviour?(workload: Workload): Behaviour | undefined;
}

export class LivePage {
  private readonly traffic: EveryCall;
  private readonly server: PageServer;

  constructor(mesh: LocalMesh, { file, title, behaviour = () => PROMPT }: LivePageOptions) {
    this.traffic = new EveryCall(mesh);
    const proxies = liveProxies(mesh);
    this.server = new PageServer({
      title, source: new ScrapedMesh(proxies, { clock: systemClock }), proxies, document: readPage(file),
      actions: new LocalActions(mesh, this.traffic, behaviour),
    });
  }

  /** Opens it; settles with its address. */
  open(): Promise<string> {
    return this.server.open();
  }

  /** Sends requests along every call at this rate, until the page asks for another one. */
  drive(rate: number): void {
    this.traffic.drive(rate);
  }

  async close(): Promise<void> {
    this.traffic.stop();
    await this.server.close();
  }
}
