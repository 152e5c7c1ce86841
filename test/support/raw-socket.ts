import { connect } from 'node:net';

/**
 * Writes bytes to the port of an address and gives back all that comes, when the other side has closed.
 *
 * @param end whether we close our side after writing; else the other side has to
 */
export function speak(address: string, bytes: Buffer | string, end = false): Promise<Buffer> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => {
      if (end) socket.end(bytes);
      else socket.write(bytes);
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('close', () => resolve(Buffer.concat(chunks)));
    // A reset after an answer that came is how a refused body ends.
    socket.on('error', (error) => (chunks.length > 0 ? resolve(Buffer.concat(chunks)) : reject(error)));
    socket.setTimeout(10_000, () => socket.destroy(new Error('The other side neither answered nor closed')));
  });
}

export const statusOf = (answer: Buffer): number => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer.toString('latin1'))?.[1]);
