/** The local mesh and what is needed to drive it: for scripts and tests that do more than the command `up`. */
export { UserError } from '../command-line/errors';
export { endpointsSeenBy, whenAllSee } from './endpoint-view';
export { type Flow, flowBetween } from './traffic/flow';
export { LivePage } from './live-page';
export { liveProxies } from './live-proxies';
export { LocalMesh, type LocalMeshEvents, type LocalMeshOptions } from './local-mesh';
export { manifestsOf, readManifests } from '../model/manifests';
export { OUTSIDE } from './traffic/outside';
export { Pod, type PodState } from './pod';
export { readModel } from '../model/read-model';
export { reportOf } from './report';
export { findPrograms } from './run';
export { Screen } from '../terminal/screen';
export { whenStarterGoes } from './starters';
export { statusOf, summaryOf } from './status';
export { renderTable } from '../terminal/table';
export { Tally } from './traffic/tally';
export { Traffic } from './traffic/traffic';
