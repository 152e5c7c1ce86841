import assert from 'node:assert/strict';

import { readCusres, type Response } from '../../src/ecert/cusres-reader.ts';
import { type QueryRequest, readReqdoc } from '../../src/ecert/reqdoc.ts';
import { makeReqdoc, type QueryDraft } from '../../src/ecert/reqdoc-writer.ts';
import { makeSancrt, type CertificateDraft } from '../../src/ecert/sancrt-writer.ts';
import { readInterchange } from '../../src/edifact/reader.ts';
import type { WritableMessage } from '../../src/edifact/writer.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { runJobs } from '../../src/exchange/jobs.ts';
import { answerQueries } from '../../src/exchange/queries.ts';
import { homeOfOne, opened } from '../support/jobs.ts';
import { numberOf, today, written } from '../support/sancrt.ts';
import { storedBytes } from '../support/stored.ts';

const [first, second, third] = [numberOf('AU', 1), numberOf('AU', 2), numberOf('AU', 3)];

function sancrt(number: string, kind: CertificateDraft['kind'] = 'register', quantity = '18000'): WritableMessage {
  const head = { kind, number, issueDate: today, country: 'AU', programme: 'BEEF', importer: '12-345678900' };
  return makeSancrt({ ...head, lines: [{ hts: '020230', unit: 'KGM', quantity }] }, '97B');
}

function reqdoc(over: Partial<QueryDraft> = {}): WritableMessage {
  const everything = { date: today, from: '', to: '', requester: 'AUDAFF', condition: '', certificates: [] };
  return makeReqdoc({ number: 'Q1', ...everything, ...over }, '97B');
}

/** The CUSRES of one run over payloads, in the order in which they were made. */
async function answersTo(payloads: readonly Buffer[], { exchange, seals }: Awaited<ReturnType<typeof opened>>) {
  const now = new Date();
  const ids = await seals(payloads, now);
  await runJobs(await exchange.store.claimJobs(now, 60_000, 10), exchange);
  const answers = new Map(ids.map((id) => [id, [] as Response[]]));
  for (const { id, subject } of await exchange.store.listMessages({ direction: 'out', limit: 100 })) {
    if (!/CUSRES/.test(subject ?? '')) continue;
    const { messages } = readInterchange((await storedBytes(exchange.store, id, 'payload')) ?? Buffer.alloc(0));
    const answered = (await exchange.store.getMessage(id))?.answers ?? '';
    answers.get(answered)?.push(...messages.map(readCusres));
  }
  return ids.map((id) => answers.get(id) ?? []);
}

const told = (response: Response | undefined) =>
  response?.certificates.map(({ number, condition, certified }) => [number, condition, certified]);

async function counted(exchange: Exchange): Promise<Record<string, number>> {
  const { certificates, queries } = exchange.metrics;
  const tallies: [string, number][] = [];
  for (const [name, counter] of Object.entries({ certificates, queries })) {
    const { values } = await counter.get();
    tallies.push(...values.map(({ labels, value }): [string, number] => [`${name} ${labels.decision ?? ''}`, value]));
  }
  return Object.fromEntries(tallies);
}

describe('the activity report', () => {
  it('tells what payloads before it changed, that are committed together with it', async () => {
    const open = await opened();
    const [, , all, cancelled, unmatched, one, none] = await answersTo(
      [
        written([sancrt(first), sancrt(second), sancrt(third)]),
        written([sancrt(first, 'cancel'), sancrt(second, 'replace', '17000')]),
        written([reqdoc()]),
        written([reqdoc({ condition: '12' })]),
        written([reqdoc({ condition: '11' })]),
        written([reqdoc({ certificates: [second] })]),
        written([reqdoc({ from: '20200101', to: '20200131' })]),
      ],
      open,
    );
    const [a, b, c] = [
      [first, '12', '18000 KGM'],
      [second, '11', '17000 KGM'],
      [third, '11', '18000 KGM'],
    ];
    assert.deepEqual(told(all?.[0]), [a, b, c]);
    assert.deepEqual(told(cancelled?.[0]), [a]);
    assert.deepEqual(told(unmatched?.[0]), [b, c]);
    assert.deepEqual(told(one?.[0]), [b]);
    assert.deepEqual(told(none?.[0]), []);
    await open.close();
  });

  it('lays changes over what is on file: nothing twice, nothing as it was before', async () => {
    const open = await opened();
    await answersTo([written([sancrt(first), sancrt(second)])], open);
    const [, report] = await answersTo([written([sancrt(first, 'cancel'), sancrt(third)]), written([reqdoc()])], open);
    assert.deepEqual(told(report?.[0]), [
      [first, '12', '18000 KGM'],
      [second, '11', '18000 KGM'],
      [third, '11', '18000 KGM'],
    ]);
    await open.close();
  });

  it('tells nothing of what somebody else is about to register, and does not know its number', async () => {
    const of = (id: string, country: string) => ({ id, qualifier: 'ZZZ', countries: [country] });
    const open = await opened(await homeOfOne({ identities: [of('AUDAFF', 'AU'), of('NZMPI', 'NZ')] }));
    const requester = 'NZMPI';
    const [, all, one] = await answersTo(
      [
        written([sancrt(first)]),
        written([reqdoc({ requester })], requester),
        written([reqdoc({ requester, certificates: [first] })], requester),
      ],
      open,
    );
    assert.deepEqual(told(all?.[0]), []);
    assert.deepEqual([one?.[0]?.document, one?.[0]?.codes], ['963', ['Q10']]);
    await open.close();
  });

  it('in an interchange with certificates tells what they brought about; each kind is counted as what it is', async () => {
    const open = await opened(await homeOfOne({ mixedTypes: true }));
    const bad = [sancrt(second, 'register', '0'), reqdoc({ condition: '13' })];
    const [answers] = await answersTo([written([sancrt(first), reqdoc(), ...bad])], open);
    const reports = answers?.filter(({ document }) => document !== '961') ?? [];
    assert.deepEqual(reports.map(told), [[[first, '11', '18000 KGM']], []]);
    assert.deepEqual(answers?.flatMap(({ codes }) => codes).sort(), ['E06', 'Q09']);
    assert.deepEqual(await counted(open.exchange), {
      ...{ 'certificates accepted': 1, 'certificates rejected': 1 },
      ...{ 'queries accepted': 1, 'queries rejected': 1 },
    });
    await open.close();
  });

  it('without a value where the query is narrowed down is refused, and does not ask for everything', async () => {
    const open = await opened();
    const empty = (before: string, after: string) =>
      Buffer.from(written([reqdoc({ certificates: [first], from: today })]).toString('latin1').replace(before, after));
    const [, number, day] = await answersTo(
      [written([sancrt(first), sancrt(second)]), empty(`RFF+EX:${first}`, 'RFF+EX'), empty(`DTM+155:${today}:102`, 'DTM+155')],
      open,
    );
    assert.deepEqual([number?.[0]?.codes, day?.[0]?.codes], [['Q10'], ['Q07']]);
    await open.close();
  }); // prettier-ignore

  it('of more certificates than it can hold is refused with Q11, whether they are on file or about to be', async () => {
    const open = await opened();
    const { exchange } = open;
    await answersTo([written([sancrt(first), sancrt(second)])], open);
    const now = new Date();
    const reference = exchange.reference();
    const sender = { id: 'AUDAFF:ZZZ', countries: ['AU'], stage: 'application-test' } as const;
    const context = { now, environment: 'test', testIndicator: true, sender, reference } as const;
    const answer = { now, release: '97B', interchangeReference: 'I', characterSet: 'UNOC', reference };
    const drafts = [
      reqdoc({ from: '20200101' }),
      reqdoc({ certificates: [first, second] }),
      reqdoc({ condition: '12' }),
    ];
    const [query, byNumber, ofNothing] = readInterchange(written(drafts)).messages.map(readReqdoc);
    assert.ok(query && byNumber && ofNothing);
    const found = (await exchange.store.findCertificates('test', [first])).get(first);
    assert.ok(found);
    const fresh = { kind: 'register', expectedVersion: 0, record: { ...found, number: third } } as const;
    const codes = async (
      pending: readonly (typeof fresh)[],
      most: number,
      queries: readonly QueryRequest[] = [query],
    ) => {
      const { messages, rejected } = await answerQueries(queries, pending, exchange.store, context, answer, most);
      const ercs = messages.flatMap(({ segments }) =>
        segments.filter(([tag]) => tag === 'ERC').map(([, code]) => code),
      );
      return [ercs, rejected];
    };
    assert.deepEqual(await codes([], 2), [[], 0]);
    assert.deepEqual(await codes([], 1), [['Q11'], 1]);
    assert.deepEqual(await codes([fresh], 3), [[], 0]);
    assert.deepEqual(await codes([fresh], 2), [['Q11'], 1]);
    assert.deepEqual(await codes([], 1, [byNumber]), [['Q11'], 1]);
    // All queries of a payload have one limit together, and behind what is too large nothing is looked for.
    assert.deepEqual(await codes([], 4, [query, byNumber]), [[], 0]);
    assert.deepEqual(await codes([], 3, [query, byNumber]), [['Q11'], 1]);
    assert.deepEqual(await codes([], 1, [query, ofNothing]), [['Q11', 'Q11'], 2]);
    await open.close();
  });
});
