import { randomBytes } from 'node:crypto';

import { gather, type Manner } from './crowd.ts';
import { load, makeSender, median, prepare, type Prepared } from './load.ts';
import { startOurs, type OurServer } from './ours.ts';
import { forgetPeak, usageOf } from './watch.ts';

/** What 32 kept connections do beside others, or over TLS. */
export interface Beside {
  readonly what: string;
  readonly perSecond: number;
  /** Of what they do alone over HTTP, in the same round. */
  readonly ratio: number;
  readonly p99: number;
  /** MiB */
  readonly peak: number;
  /** Of the others at the end, and how many of them the endpoint had cut off by then. */
  readonly open: number;
  readonly cut: number;
}

type Phase = Pick<Beside, 'what'> & { readonly over: 'http' | 'https'; readonly manners?: readonly Manner[] };

const alone = 'HTTP';
const phases: readonly Phase[] = [
  { what: alone, over: 'http' },
  { what: 'HTTP, beside 1,000 idle', over: 'http', manners: ['silent', 'kept'] },
  { what: 'HTTP, beside 1,000 slow', over: 'http', manners: ['header', 'body'] },
  { what: 'HTTPS', over: 'https' },
];

/** In each round two new endpoints, which take the phases in turns: every other round backwards. */
export async function measureConnections(rounds: number, count: number, warm: number): Promise<Beside[]> {
  const measured: Beside[][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const results = await measureRound(round % 2 === 0 ? phases : phases.toReversed(), count, warm);
    const base = results.find(({ what }) => what === alone)?.perSecond ?? Number.NaN;
    measured.push(results.map((each) => ({ ...each, ratio: each.perSecond / base })));
    const told = measured.at(-1)?.map(({ what, perSecond }) => `${what}: ${perSecond.toFixed(0)}/s`);
    process.stderr.write(`round ${round + 1} of ${rounds}: ${told?.join('; ')}\n`);
  }
  return phases.map(({ what }) => {
    const own = measured.flat().filter((each) => each.what === what);
    const of = (key: Exclude<keyof Beside, 'what'>) => median(own.map((each) => each[key]));
    const [perSecond, ratio, p99] = [of('perSecond'), of('ratio'), of('p99')];
    return { what, perSecond, ratio, p99, peak: of('peak'), open: of('open'), cut: of('cut') };
  });
}

async function measureRound(order: readonly Phase[], count: number, warm: number): Promise<Omit<Beside, 'ratio'>[]> {
  const sender = await makeSender();
  const servers = { http: await startOurs(sender), https: await startOurs(sender, 'https') };
  try {
    const wrapped: Partial<Record<Phase['over'], Prepared>> = {};
    const messageFor = async (over: Phase['over']) =>
      (wrapped[over] ??= await prepare(randomBytes(10 * 1024), sender.identity, servers[over].target.certificate));
    // Until what is used often is compiled.
    for (const over of ['http', 'https'] as const) await load(servers[over].target, await messageFor(over), 32, warm);
    const results: Omit<Beside, 'ratio'>[] = [];
    for (const phase of order)
      results.push(await measurePhase(phase, servers[phase.over], await messageFor(phase.over), count));
    return results;
  } finally {
    await servers.http.stop();
    await servers.https.stop();
  }
}

async function measurePhase({ what, manners }: Phase, { target, group }: OurServer, wrapped: Prepared, count: number) {
  // What the phase before has left is done by then.
  await load(target, wrapped, 32, 200);
  forgetPeak(group);
  const crowd = manners && (await gather(target, manners, 1_000));
  const { perSecond, p99 } = await load(target, wrapped, 32, count);
  const { peak } = usageOf(group);
  return { what, perSecond, p99, peak, ...((await crowd?.leave()) ?? { open: 0, cut: 0 }) };
}
