import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Listening {
  /** For example `http://127.0.0.1:4080`; the port is the real one also when 0 was asked for. */
  readonly address: string;
  /**
   * Takes no new connection; resolves when those in hand are answered. Those that are not by then are cut off: they have
   * got no answer, and send again.
   */
  close(patienceMs?: number): Promise<void>;
}

/**
 * Serves HTTP on one address.
 *
 * @param refused is told of what is no HTTP: folded header lines among them, which RFC 9112 §5.2 has servers refuse
 * @throws what `listen` met, for example EADDRINUSE
 */
export async function listen(
  listener: RequestListener,
  host: string,
  port: number,
  refused: (reason: string, remoteAddress: string | undefined) => void,
): Promise<Listening> {
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 600_000, headersTimeout: 30_000 }, listener);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code !== 'ECONNRESET') refused(error.message, socket.remoteAddress);
    if (socket.writable)
      socket.end(`HTTP/1.1 ${statuses[error.code ?? ''] ?? '400 Bad Request'}\r\nConnection: close\r\n\r\n`);
    else socket.destroy();
  });
  // Answered by whoever reads the body, so that a body which will not be read is never asked for.
  server.on('checkContinue', listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return { address: addressOf(server), close: (patienceMs = 10_000) => closed(server, patienceMs) };
}

/** The rest is 400. */
const statuses: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

function addressOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  const host = address === '0.0.0.0' || address === '::' ? 'localhost' : address;
  return `http://${family === 'IPv6' && host !== 'localhost' ? `[${host}]` : host}:${port}`;
}

function closed(server: Server, patienceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const patience = setTimeout(() => server.closeAllConnections(), patienceMs);
    server.close(() => {
      clearTimeout(patience);
      resolve();
    });
    server.closeIdleConnections();
    // Read when an answer is sent: a connection that is busy now is closed behind it, not kept for another request.
    server.keepAliveTimeout = 1;
  });
}
