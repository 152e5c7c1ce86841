import { randomBytes } from 'node:crypto';

/** Drawn at a stroke. In octets. */
const RESERVE = 4096;

let reserve = randomBytes(RESERVE);

/**
 * Random octets of OpenSSL's generator, each given out once. To ask it costs more than what it gives, so that every
 * message would pay for its few.
 *
 * @throws RangeError for more than are drawn at a stroke
 */
export function randomOctets(count: number): Buffer {
  if (count > RESERVE) throw new RangeError(`${count} octets are too many`);
  if (count > reserve.length) reserve = randomBytes(RESERVE);
  const octets = Buffer.from(reserve.subarray(0, count)); // a view would take the others along to another thread
  reserve = reserve.subarray(count);
  return octets;
}
