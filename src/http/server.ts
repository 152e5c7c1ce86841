import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Listening {
  /** For example `http://127.0.0.1:4080`; the port is the real one also when 0 was asked for. */
  readonly address: string;
  /** Takes no new connection; resolves when those in hand are answered. */
  close(): Promise<void>;
}

/**
 * Serves HTTP on one address.
 *
 * @throws what `listen` met, for example EADDRINUSE
 */
export async function listen(listener: RequestListener, host: string, port: number): Promise<Listening> {
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 600_000, headersTimeout: 30_000 }, listener);
  // Answered by whoever reads the body, so that a body which will not be read is never asked for.
  server.on('checkContinue', listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return { address: addressOf(server), close: () => closed(server) };
}

function addressOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  const host = address === '0.0.0.0' || address === '::' ? 'localhost' : address;
  return `http://${family === 'IPv6' && host !== 'localhost' ? `[${host}]` : host}:${port}`;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    // Read when an answer is sent: a connection that is busy now is closed behind it, not kept for another request.
    server.keepAliveTimeout = 1;
  });
}
