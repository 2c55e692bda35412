/** Talks to the server of the page. The token is in the fragment of the page's address, and goes with every request in a header. */
import type { Action, LiveMessage, TappedRequest } from '../cli/page/protocol';

const TOKEN = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
const HEADERS = { authorization: `Bearer ${TOKEN}` };

/** After a stream has ended, it is opened again after this long. */
const AGAIN_MS = 1_000;

/** Reads the stream for as long as the page is open. */
export async function follow(onMessage: (message: LiveMessage) => void, onLost: (problem: string) => void): Promise<never> {
  for (;;) {
    try {
      const response = await fetch('/api/live', { headers: HEADERS });
      if (!response.ok) throw new Error(await problemOf(response));
      for await (const line of linesOf(response)) onMessage(JSON.parse(line) as LiveMessage);
      onLost('the command has ended');
    } catch (error) {
      onLost(error instanceof TypeError ? 'the command does not answer' : (error as Error).message);
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** Settles with what was done, in words. */
export async function act(action: Action): Promise<string> {
  const response = await fetch('/api/act', { method: 'POST', headers: { ...HEADERS, 'content-type': 'application/json' }, body: JSON.stringify(action) });
  if (!response.ok) throw new Error(await problemOf(response));
  return (await response.json() as { readonly done: string }).done;
}

export async function tap(service: string): Promise<readonly TappedRequest[]> {
  const response = await fetch(`/api/tap?service=${encodeURIComponent(service)}`, { headers: HEADERS });
  if (!response.ok) throw new Error(await problemOf(response));
  return (await response.json() as { readonly requests: readonly TappedRequest[] }).requests;
}

async function problemOf(response: Response): Promise<string> {
  return (await response.json() as { readonly problem: string }).problem;
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
}
