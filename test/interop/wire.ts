import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

const heads: string[] = [];

/**
 * The heads of the requests that this process sends, as they are written to the socket: only there it shows whether a body
 * has a length or comes in chunks.
 */
subscribe('undici:client:connected', (message) => {
  const { socket } = message as { socket: Socket };
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  socket.write = (...args: unknown[]) => {
    const [written] = args;
    if (typeof written === 'string' && written.startsWith('POST ')) heads.push(written);
    return write(...args);
  };
});

/** The first request that went out with this Message-ID. */
export function headSent(messageId: string): readonly (readonly [name: string, value: string])[] {
  const [, ...lines] = (heads.find((head) => head.includes(messageId)) ?? '').split('\r\n');
  return lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
}
