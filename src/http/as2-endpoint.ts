import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

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
function bodyOf(request: IncomingMessage, response: ServerResponse): AsyncIterable<Uint8Array> {
  // Whoever stops reading early still wants to answer: the connection must outlive the iterator.
  const pieces: AsyncIterable<Uint8Array> = request.iterator({ destroyOnReturn: false });
  return request.headers.expect?.toLowerCase() === '100-continue' ? continued(pieces, response) : pieces;
}

async function* continued(pieces: AsyncIterable<Uint8Array>, response: ServerResponse): AsyncGenerator<Uint8Array> {
  response.writeContinue();
  yield* pieces;
}

function send(response: ServerResponse, reply: Reply): void {
  if (response.headersSent) return;
  // RFC 4130 §5.3.1
  const length = ['Content-Length', String(reply.body.length)];
  response.writeHead(reply.status, [...reply.headers, length].flat());
  response.end(reply.body);
}
