import { randomBytes } from 'node:crypto';

/** Drawn at a stroke. In octets. */
const RESERVE = 4096;

let reserve = randomBytes(RESERVE);

/**
 * Random octets of OpenSSL's generator, each given out once. To ask it costs more than what it gives, so that every
 * message would pay for its few.
 *
 * @param count at most 4096
 */
export function randomOctets(count: number): Buffer {
  if (count > reserve.length) reserve = randomBytes(RESERVE);
  const octets = reserve.subarray(0, count);
  reserve = reserve.subarray(count);
  return octets;
}
