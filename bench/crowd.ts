import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { messageHeaders } from '../src/as2/message-headers.ts';
import { newMessageId } from '../src/exchange/ids.ts';
import { until } from '../test/support/until.ts';
import type { Target } from './load.ts';

/**
 * What a connection does that wants little: `silent` sends nothing, `kept` had one answer and waits; `header` and `body` send
 * four bytes a second, of a header that does not end, or behind that of a message of 50 MiB.
 */
export type Manner = 'silent' | 'kept' | 'header' | 'body';

export interface Crowd {
  /** Ends them all. Those that the endpoint cut off until then came again at once. */
  leave(): Promise<{ readonly open: number; readonly cut: number }>;
}

type Addressee = Pick<Target, 'url' | 'from' | 'to'>;

/** So many connections, of each manner the same number, in a process of their own. Resolves when all are open. */
export async function gather(target: Addressee, manners: readonly Manner[], count: number): Promise<Crowd> {
  const { url, from, to } = target;
  const child = fork(import.meta.filename, [JSON.stringify({ url, from, to }), manners.join(), String(count)]);
  const ended = once(child, 'exit');
  const said = async () => {
    const heard: unknown[] = await Promise.race([once(child, 'message'), ended.then(() => [])]);
    if (heard.length === 0) throw new Error('The crowd is gone');
    return heard[0];
  };
  await said();
  return {
    async leave() {
      child.send('leave');
      const counts = (await said()) as { open: number; cut: number };
      await ended;
      return counts;
    },
  };
}

if (process.argv[1] === import.meta.filename) {
  const [, , target = '', manners = '', count = ''] = process.argv;
  const { leave } = await assemble(JSON.parse(target) as Addressee, manners.split(',') as Manner[], Number(count));
  process.once('disconnect', () => process.exit(1));
  process.once('message', () => process.send?.(leave(), () => process.exit(0)));
  process.send?.('assembled');
}

async function assemble(target: Addressee, manners: readonly Manner[], count: number) {
  const places: { readonly manner: Manner; socket?: Socket; isSettled?: boolean }[] = Array.from(
    { length: count },
    (_, at) => ({ manner: manners[at % manners.length] ?? 'silent' }),
  );
  const { hostname, port } = new URL(target.url);
  let cut = 0;
  const take = (place: (typeof places)[number]) => {
    const socket = connect(Number(port), hostname);
    place.socket = socket;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      cut += 1;
      take(place);
    });
    socket.write(opening(place.manner, target), () => (place.isSettled ||= place.manner !== 'kept'));
    socket.once('data', () => (place.isSettled = true));
    socket.resume();
  };
  // Fewer at once than a listening socket lets wait.
  for (let at = 0; at < count; at += 100) {
    const some = places.slice(at, at + 100);
    some.forEach(take);
    await until('they are connected', () => some.every(({ isSettled }) => isSettled) || undefined);
  }
  // Each once a second, and not all in one moment.
  const slow = places.filter(({ manner }) => manner === 'header' || manner === 'body');
  const portion = Math.ceil(slow.length / 100);
  let next = 0;
  setInterval(() => {
    for (let left = portion; left > 0 && slow.length > 0; left -= 1) {
      const { socket } = slow[next % slow.length] ?? {};
      if (socket?.writable) socket.write('slow');
      next += 1;
    }
  }, 10);
  return { leave: () => ({ open: places.filter(({ socket }) => socket?.readyState === 'open').length, cut }) };
}

/** What each sends at first. */
function opening(manner: Manner, { url, from, to }: Addressee): string {
  const target = new URL(url).pathname;
  if (manner === 'silent') return '';
  if (manner === 'kept') return `GET ${target} HTTP/1.1\r\nHost: bench\r\n\r\n`;
  if (manner === 'header') return `POST ${target} HTTP/1.1\r\nHost: bench\r\nX-Slow: `;
  const messageId = newMessageId(new Date(), 'bench.local');
  const receipt = { micalgs: ['sha-256'] };
  const own = messageHeaders({ from, to, messageId, subject: 'Slow', date: new Date(), receipt });
  const fields = [...own, ['Content-Type', 'application/pkcs7-mime'], ['Content-Length', String(50 * 1024 ** 2)]];
  const lines = fields.map(([name = '', value = '']) => `${name}: ${value}\r\n`);
  return `POST ${target} HTTP/1.1\r\nHost: bench\r\n${lines.join('')}\r\n`;
}
