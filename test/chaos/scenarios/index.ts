import type { Scenario } from '../scenario';
import { blackHole } from './black-hole';
import { clientsOutside } from './clients-outside';
import { clockSteps } from './clock-steps';
import { contentLength } from './content-length';
import { controlPlaneLost } from './control-plane-lost';
import { dnsFailing } from './dns-failing';
import { endpointKill } from './endpoint-kill';
import { everythingRestarted } from './everything-restarted';
import { failingHalf } from './failing-half';
import { filesExhausted } from './files-exhausted';
import { flapping } from './flapping';
import { goawayStorm } from './goaway-storm';
import { hostile } from './hostile';
import { logClosedPipe, logFullDisk } from './log-full';
import { appKill, callerSidecarKill, sidecarKill } from './process-kill';
import { refused } from './refused';
import { resetBefore, resetMid } from './resets';
import { rollingRestart } from './rolling-restart';
import { slowPod } from './slow-pod';
import { stutter } from './stutter';
import { zoneLost } from './zone-lost';

/** Every scenario, in the order of the report. */
export const SCENARIOS: readonly Scenario[] = [
  rollingRestart('http'), clientsOutside, everythingRestarted, endpointKill('http'), sidecarKill, appKill, callerSidecarKill, controlPlaneLost, zoneLost('http'), dnsFailing,
  failingHalf, slowPod, blackHole, resetBefore, resetMid, stutter, refused, flapping,
  contentLength, hostile,
  clockSteps, filesExhausted, logFullDisk, logClosedPipe,
  rollingRestart('grpc'), endpointKill('grpc'), zoneLost('grpc'), goawayStorm,
  rollingRestart('tcp'), endpointKill('tcp'), zoneLost('tcp'),
];
