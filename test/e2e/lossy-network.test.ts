import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { header, type Headers } from '../../src/mime/headers.ts';
import type { OutboundMessage } from '../../src/store/store.ts';
import { post } from '../support/peer.ts';
import { interchange, numberOf } from '../support/sancrt.ts';
import { queueTo, startBoth, type Both } from '../support/two-endpoints.ts';

type Forward = () => ReturnType<typeof post>;

/** What the network does with the first transfer of a message; later ones pass. */
const networks: Record<string, (forward: Forward, response: ServerResponse) => Promise<void>> = {
  'loses the request': (_, response) => Promise.resolve(void response.destroy()),
  'loses the answer': async (forward, response) => {
    await forward();
    response.destroy();
  },
  'cuts the answer off': async (forward, response) => {
    const { status, headers, body } = await forward();
    response.writeHead(status, headers.flat());
    response.write(body.subarray(0, body.length / 2), () => response.destroy());
  },
  'brings the request twice': async (forward, response) => {
    const first = await forward();
    const second = await forward();
    assert.deepEqual(second.body, first.body);
    pass(response, second);
  },
  'brings the request twice at once': async (forward, response) => {
    const [first, second] = await Promise.all([forward(), forward()]);
    assert.deepEqual(second.body, first.body);
    pass(response, first);
  },
  'answers for the other side': (_, response) => Promise.resolve(void response.writeHead(502).end('Bad gateway')),
};

function pass(response: ServerResponse, { status, headers, body }: Awaited<ReturnType<Forward>>): void {
  response.writeHead(status, headers.flat()).end(body);
}

/** Between two endpoints: forwards to `target`, but for the first transfer of each message. */
async function startNetwork(target: () => string, fault: (number: number) => keyof typeof networks) {
  const seen = new Set<string>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers = pairs(request.rawHeaders).filter(([name]) => !/^(host|connection|content-length)$/i.test(name));
      const forward = () => post(target(), headers, Buffer.concat(chunks));
      const messageId = header(headers, 'Message-ID') ?? '';
      if (seen.has(messageId)) return void forward().then((answer) => pass(response, answer));
      seen.add(messageId);
      void networks[fault(seen.size - 1)]!(forward, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/as2`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

for (const mdn of ['sync', 'async'] as const) {
  describe(`RFC 4130 §5.5: two endpoints and a network that fails between them, with ${mdn} MDNs`, () => {
    const names = Object.keys(networks);
    let both: Both;
    let close: () => void;
    const sent: OutboundMessage[] = [];

    before(async () => {
      // What is lost of an asynchronous MDN, or of the message that it is for, is made good by sending again.
      const network = {
        there: await startNetwork(
          () => both.agency.url,
          (number) => names[number % names.length]!,
        ),
        back: await startNetwork(
          () => both.country.url,
          (number) => names[number % names.length]!,
        ),
      };
      const outbox = { firstPause: '20ms', longestPause: '100ms', timeout: '5s', mdnWait: '500ms', attempts: 12 };
      both = await startBoth({ outbox, mdn, agencyAt: network.there.url, countryAt: network.back.url });
      for (const index of names.keys()) {
        sent.push(await queueTo(both.country, interchange([{ number: numberOf('AU', index + 1) }])));
      }
      close = () => {
        network.there.close();
        network.back.close();
      };
    });
    after(async () => {
      await (both as Both | undefined)?.stop();
      close();
    });

    for (const [index, name] of names.entries()) {
      it(`it ${name}: the certificate is registered once, and each answer comes once`, async () => {
        const number = numberOf('AU', index + 1);
        const message = sent[index]!;
        await both.country.reached(message.id, 'delivered');
        const { id, answeredBy } = await both.agency.reached(message.messageId, 'answered');
        const received = await both.agency.store.listMessages({ direction: 'in', limit: 1000 });
        assert.equal(received.filter(({ messageId }) => messageId === message.messageId).length, 1);
        const [certificate, ...more] = await both.agency.store.listCertificates({ number });
        assert.deepEqual([certificate?.version, more.length], [1, 0], id);
        assert.equal(answeredBy.length, 2);
        for (const answerId of answeredBy) {
          const { messageId } = await both.agency.reached(answerId, 'delivered');
          const there = await both.country.store.listMessages({ direction: 'in', limit: 1000 });
          assert.equal(there.filter((answer) => answer.messageId === messageId).length, 1);
        }
      });
    }

    it('both ledgers are whole', async () => {
      for (const { store } of [both.agency, both.country]) assert.equal((await store.verifyLedger()).kind, 'whole');
    });
  });
}

function pairs(raw: readonly string[]): Headers {
  return Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i] ?? '', raw[2 * i + 1] ?? ''] as const);
}
