import { fork } from 'node:child_process';
import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';

/** Messages a second that the bare RSA operations would allow if all cores did nothing else: one decryption and one signature each. */
export async function measureBound(): Promise<number> {
  const each = Array.from({ length: availableParallelism() }, async () => {
    const [rate] = (await once(fork(import.meta.filename), 'message')) as [number];
    return rate;
  });
  return (await Promise.all(each)).reduce((sum, rate) => sum + rate, 0);
}

if (process.argv[1] === import.meta.filename) process.send?.(boundOfOneCore(), () => process.exit(0));

function boundOfOneCore(milliseconds = 1_000): number {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const data = randomBytes(256);
  const encrypted = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, randomBytes(32));
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
