import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https';
import type { AddressInfo, DropArgument, Socket } from 'node:net';

import type { Tls } from '../config/tls.ts';
import {
  HTTP_HEADER_TIME,
  IDLE_CONNECTION_TIME,
  LINGERING_TIME,
  LONGEST_HTTP_HEADER,
  MOST_CONNECTIONS,
  MOST_HTTP_FIELDS,
  STOPPING_TIME,
} from '../limits.ts';

/** Where to listen, and whether for HTTPS. */
export interface Where {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly tls?: Tls | undefined;
}

export interface Listening {
  /** For example `https://127.0.0.1:4080`; the port is the real one also when 0 was asked for. */
  readonly address: string;
  /** Shows who connects from now on another certificate; connections that are open go on. Does nothing to plain HTTP. */
  present(tls: Tls): void;
  /**
   * Takes no new connection; resolves when those in hand are answered. Those that are not by then are cut off: they have
   * got no answer, and send again.
   */
  close(patienceMs?: number): Promise<void>;
}

/**
 * Serves HTTP or HTTPS (draft rfc4130bis §5.1) on one address, within the same bounds. How long a body may take is the business of whoever reads it;
 * what is left of one when it was answered is dropped.
 *
 * @param refused is told of what is no HTTP: folded header lines among them, which RFC 9112 §5.2 has servers refuse
 * @throws what `listen` met, for example EADDRINUSE
 */
export async function listen(
  listener: RequestListener,
  { host, port, tls }: Where,
  refused: (reason: string, remoteAddress: string | undefined) => void,
  headerTime = HTTP_HEADER_TIME,
): Promise<Listening> {
  const bounded: RequestListener = (request, response) => {
    response.once('finish', () => linger(request));
    if (request.rawHeaders.length <= 2 * MOST_HTTP_FIELDS) {
      listener(request, response);
      return;
    }
    refused('There are too many header fields', request.socket.remoteAddress);
    response.writeHead(431, { Connection: 'close' }).end();
  };
  const server = createServer(bounded, tls, headerTime);
  const connections = connectionsOf(server);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const isHandshake = 'secureConnecting' in socket && socket.secureConnecting === true;
    if (error.code !== 'ECONNRESET') refused(error.message, socket.remoteAddress);
    if (error.code === 'ERR_SSL_HTTP_REQUEST') tellOfTls(socket, connections);
    if (socket.writable && !isHandshake)
      socket.end(`HTTP/1.1 ${statuses[error.code ?? ''] ?? '400 Bad Request'}\r\nConnection: close\r\n\r\n`);
    else socket.destroy();
  });
  server.on('drop', (dropped?: DropArgument) => refused('There are too many connections', dropped?.remoteAddress));
  // Answered by whoever reads the body, so that a body which will not be read is never asked for.
  server.on('checkContinue', bounded);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    address: addressOf(server),
    present(next) {
      if (server instanceof HttpsServer) server.setSecureContext(next.context);
    },
    close: (patienceMs = STOPPING_TIME) => closed(server, connections, patienceMs),
  };
}

function createServer(listener: RequestListener, tls: Tls | undefined, headerTime: number): Server | HttpsServer {
  const options = {
    keepAliveTimeout: IDLE_CONNECTION_TIME,
    headersTimeout: headerTime,
    requestTimeout: 0,
    connectionsCheckingInterval: headerTime / 4,
    maxHeaderSize: LONGEST_HTTP_HEADER,
    // Which Node does by itself for HTTP alone.
    noDelay: true,
  };
  const server =
    tls === undefined
      ? createHttpServer(options, listener)
      : createHttpsServer({ ...options, ...tls.context, handshakeTimeout: headerTime }, listener);
  // Node drops what is beyond, and another reader would not: one more is let through, for all to be refused.
  server.maxHeadersCount = MOST_HTTP_FIELDS + 1;
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

/** Those that are open: Node itself knows of no connection before its TLS handshake is done. After it there is a second one above it. */
function connectionsOf(server: Server | HttpsServer): ReadonlySet<Socket> {
  const open = new Set<Socket>();
  const add = (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  };
  server.on('connection', add).on('secureConnection', add);
  return open;
}

/** Answers plain HTTP where HTTPS is spoken. What is written to the TLS connection would be enciphered: it goes to the one under it. */
function tellOfTls({ remoteAddress, remotePort }: Socket, connections: ReadonlySet<Socket>): void {
  for (const plain of connections)
    if (plain.remoteAddress === remoteAddress && plain.remotePort === remotePort && plain.writable)
      plain.end(SPEAK_TLS);
}

const SPEAK_TLS = [
  ...['HTTP/1.1 400 Bad Request', 'Content-Type: text/plain; charset=utf-8', 'Connection: close'],
  ...['', 'This address speaks HTTPS.\n'],
].join('\r\n');

/**
 * Lets a sender whose body was not wanted finish reading our answer: a connection closed with bytes unread is reset,
 * and the answer is lost with it. What it still sends is dropped, for a bounded time.
 */
function linger(request: IncomingMessage): void {
  if (request.complete) return;
  const timer = setTimeout(() => request.destroy(), LINGERING_TIME);
  request.once('close', () => clearTimeout(timer));
  request.once('end', () => clearTimeout(timer));
  request.resume();
}

/** The rest is 400. */
const statuses: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

function addressOf(server: Server | HttpsServer): string {
  const { address, family, port } = server.address() as AddressInfo;
  const host = address === '0.0.0.0' || address === '::' ? 'localhost' : address;
  const scheme = server instanceof HttpsServer ? 'https' : 'http';
  return `${scheme}://${family === 'IPv6' && host !== 'localhost' ? `[${host}]` : host}:${port}`;
}

function closed(server: Server | HttpsServer, connections: ReadonlySet<Socket>, patienceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const patience = setTimeout(() => connections.forEach((socket) => socket.destroy()), patienceMs);
    server.close(() => {
      clearTimeout(patience);
      resolve();
    });
    server.closeIdleConnections();
    // Nor does anything come to harm that has sent nothing yet, which Node counts among the busy ones.
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
    // Read when an answer is sent: a connection that is busy now is closed behind it, not kept for another request.
    server.keepAliveTimeout = 1;
  });
}
