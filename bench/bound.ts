import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt, randomBytes, sign } from 'node:crypto';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const data = randomBytes(256);
const encrypted = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, randomBytes(32));

/** Messages a second that the bare RSA operations of one core would allow: one decryption and one signature each. */
export function measureBound(milliseconds = 1_000): number {
  const begin = performance.now();
  let count = 0;
  while (performance.now() - begin < milliseconds) {
    // Without unpadding: not every Node does that of PKCS #1 v1.5, and it costs next to nothing.
    privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encrypted);
    sign('sha256', data, privateKey);
    count += 1;
  }
  return (count * 1_000) / (performance.now() - begin);
}
