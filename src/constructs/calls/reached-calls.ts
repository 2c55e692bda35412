/** Every call of a workload, and what only its proxy calls, which its app does not. */
import { defaultCall } from './default-call';
import { Call, Dependencies } from './dependencies';

export function reachedCalls({ calls, asked }: Dependencies, callerNamespace: string): Call[] {
  const only = asked.filter((service) => !calls.some(({ destination }) => destination === service));
  return [...calls, ...only.map((service) => defaultCall(service, callerNamespace))];
}
