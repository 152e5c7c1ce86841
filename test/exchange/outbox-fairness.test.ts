import assert from 'node:assert/strict';

import { kept } from '../../src/bytes/kept.ts';
import { memorySpool } from '../../src/bytes/spool.ts';
import { openExchange, type OpenExchange } from '../../src/cli/endpoint.ts';
import { partnerByShortName } from '../../src/config/home.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { startOutbox } from '../../src/exchange/outbox.ts';
import { makeMessage } from '../../src/exchange/send.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { makeHome } from '../support/home.ts';
import { identity } from '../support/identities.ts';
import { until } from '../support/until.ts';

const silent = 'http://silent.test/as2';
const prompt = 'http://prompt.test/as2';

describe('an outbox with a partner that takes the connection and stays silent', () => {
  let open: OpenExchange;
  let exchange: Exchange;
  const posted: string[] = [];

  before(async () => {
    const home = await makeHome({ outbox: { concurrency: 44, firstPause: '1h' } });
    const certificatePem = (await identity('van.test')).certificate.pem;
    const send = { mdn: 'none' } as const;
    for (const [name, url] of [['silent', silent] as const, ['prompt', prompt] as const]) {
      const identities = [{ id: name, countries: ['AU'] }];
      home.addPartner(name, { as2Id: name, url, certificatePem, send, identities });
    }
    open = await openExchange(home.directory, {}, createLog('silent'));
    exchange = {
      ...open.exchange,
      post({ url, signal }) {
        posted.push(url);
        if (url === prompt) return Promise.resolve({ status: 200, headers: [], body: Buffer.alloc(0) });
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
      },
    };
  });
  after(() => open.close());

  const queue = async (name: string, count: number) => {
    const home = exchange.home();
    const partner = partnerByShortName(home, name);
    assert.ok(partner);
    const payload = { content: kept(Buffer.from('UNB')), contentType: 'application/EDIFACT' };
    for (let made = 0; made < count; made += 1) {
      await exchange.store.queueOutbound([await makeMessage({ payload }, partner, home, new Date(), memorySpool)]);
    }
  };

  it('still sends to the others, and on a stop hangs up and tries again another time', async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on('warning', warned);
    await queue('silent', 14);
    await queue('prompt', 3);
    const outbox = startOutbox(exchange, 0);
    const delivered = () => exchange.store.listMessages({ partner: 'prompt', state: 'delivered' });
    await until('the prompt partner has all', async () => ((await delivered()).length === 3 ? true : undefined));
    assert.equal(posted.filter((url) => url === silent).length, 11, 'a quarter of the places are for one partner');

    await outbox.stop();
    process.off('warning', warned);
    assert.deepEqual(warnings, [], 'however many are under way');
    const [attempted] = (await exchange.store.listMessages({ partner: 'silent' })).slice(-1);
    const detail = await exchange.store.getMessage(attempted?.id ?? '');
    assert.equal(detail?.state, 'pending');
    assert.match(detail.detail ?? '', /We are stopping/);
  });
});
