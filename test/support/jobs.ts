import { kept } from '../../src/bytes/kept.ts';
import { openExchange } from '../../src/cli/endpoint.ts';
import { newId, newMessageId } from '../../src/exchange/ids.ts';
import type { Store } from '../../src/store/store.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { makeHome, type PartnerOptions, type TestHome } from './home.ts';
import { identity } from './identities.ts';

/** An exchange with one partner, and what puts payloads of that partner into it. */
export async function opened(home?: TestHome) {
  const at = home ?? (await homeOfOne());
  const open = await openExchange(at.directory, {}, createLog('silent'));
  const seals = async (payloads: readonly Buffer[], now: Date) => {
    const ids: string[] = [];
    for (const payload of payloads) ids.push(await seal(payload, at.as2Id, open.exchange.store, now));
    return ids;
  };
  return { ...open, seals };
}

/** With a partner `van`, to which nothing can be delivered. */
export async function homeOfOne(
  settings: Pick<PartnerOptions, 'release' | 'mixedTypes' | 'identities'> = {},
): Promise<TestHome> {
  const home = await makeHome({});
  const certificatePem = (await identity('van.test')).certificate.pem;
  home.addPartner('van', { as2Id: 'VAN', url: 'http://van.test/as2', certificatePem, ...settings });
  return home;
}

/** Seals a payload as if that partner had sent it; returns our id of the message. */
export async function seal(payload: Buffer, to: string, store: Store, now: Date): Promise<string> {
  const id = newId(now);
  await store.sealInbound({
    id,
    environment: 'test',
    receivedAt: now,
    partner: 'van',
    remoteAddress: '127.0.0.1',
    as2From: 'VAN',
    as2To: to,
    messageId: newMessageId(now, 'van.test'),
    headers: [],
    raw: kept(Buffer.alloc(0)),
    state: 'accepted',
    payload: { content: kept(payload), contentType: 'application/EDIFACT' },
    facts: {},
    disposition: 'processed',
  });
  return id;
}
