import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';

import { plainText, type Receive, type Reply } from '../exchange/arrival.ts';
import type { Headers } from '../mime/headers.ts';
import type { Logger } from '../telemetry/log.ts';

/**
 * The AS2 address: POST takes messages and asynchronous MDNs; GET and HEAD answer whoever probes it (a load balancer,
 * a person with a browser). Whatever goes wrong here becomes an HTTP status without a word about its cause.
 */
export function as2Endpoint(path: string, receive: Receive, log: Logger): RequestListener {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (pathOf(request.url ?? '') !== path) return send(response, plainText(404, 'There is nothing here.\n'));
    if (request.method === 'GET' || request.method === 'HEAD') {
      return send(response, plainText(200, 'This is an AS2 endpoint. Messages are received by POST.\n'));
    }
    // RFC 4130 §5.1: messages come by POST.
    if (request.method !== 'POST') {
      return send(response, { ...plainText(405, 'Use POST.\n'), headers: [['Allow', 'POST, GET, HEAD']] });
    }
    // RFC 9112 §6.1: of what is coded otherwise we could not tell what it says, nor perhaps where it ends.
    if ((request.headers['transfer-encoding'] ?? 'chunked').trim().toLowerCase() !== 'chunked') {
      const refusal = plainText(501, 'Of transfer encodings only chunked is understood.\n');
      return send(response, { ...refusal, headers: [...refusal.headers, ['Connection', 'close']] });
    }
    try {
      const reply = await receive({
        headers: fieldsOf(request),
        body: bodyOf(request, response),
        announced: announcedSize(request),
        remoteAddress: request.socket.remoteAddress ?? 'unknown',
      });
      send(response, reply);
    } catch (error) {
      if (request.destroyed && !request.complete) {
        log.warn({ remote: request.socket.remoteAddress }, 'A sender broke off before its message was whole');
        return;
      }
      log.error({ err: error }, 'A message could not be received');
      send(response, plainText(500, 'The message could not be processed. Please send it again.\n'));
    }
  };
  return (request, response) => void answer(request, response);
}

/** RFC 9112 §3.2: the target may be a path, or, as through a proxy, a whole address. */
function pathOf(target: string): string | undefined {
  return target.startsWith('/') ? target.split('?')[0] : URL.parse(target)?.pathname;
}

/** The fields in the order and spelling in which they came. */
function fieldsOf(request: IncomingMessage): Headers {
  const fields: (readonly [string, string])[] = [];
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    fields.push([request.rawHeaders[index] ?? '', request.rawHeaders[index + 1] ?? '']);
  }
  return fields;
}

function announcedSize(request: IncomingMessage): number | undefined {
  const length = request.headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

/** The body; a sender that waits for 100 Continue gets it only when somebody begins to read. */
async function* bodyOf(request: IncomingMessage, response: ServerResponse): AsyncGenerator<Uint8Array> {
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
  // Whoever stops reading early still wants to answer: the connection must outlive the iterator.
  for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>)
    yield piece.length < SMALL_PIECE ? await withWhatFollows(piece, request) : piece;
}

/**
 * Node brings each chunk alone (RFC 9112 §7.1), and in one packet there may be ten thousand of one octet: to hand each on costs
 * more than all the rest.
 */
async function withWhatFollows(piece: Buffer, request: IncomingMessage): Promise<Buffer> {
  await setImmediate();
  const more = request.read() as Buffer | null;
  return more === null ? piece : Buffer.concat([piece, more]);
}

/** In octets. */
const SMALL_PIECE = 1024;

function send(response: ServerResponse, reply: Reply): void {
  if (response.headersSent) return;
  // RFC 4130 §5.3.1
  const length = ['Content-Length', String(reply.body.length)];
  response.writeHead(reply.status, [...reply.headers, length].flat());
  response.end(reply.body);
}
