import { z } from 'zod';

const AS2_NAME = /^[!-~]([ -~]{0,126}[!-~])?$/;

/** RFC 4130 §6.2: 1 to 128 printable ASCII characters, case-sensitive */
export const as2Name = z
  .string()
  .regex(AS2_NAME, '1 to 128 printable ASCII characters, not beginning or ending with a blank');

export const httpUrl = z
  .url({ protocol: /^https?$/, error: 'an address such as https://example.org/as2' })
  .meta({ title: 'URL' });

/** A file of the home; relative to the home's directory, or absolute. */
export const filePath = z.string().min(1, 'a path of a file').meta({ title: 'path' });

/** A name of an environment variable that holds a secret. */
export const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a name of an environment variable')
  .meta({ title: 'name of a variable' });

/** UNB S002/S003 0004; characters as level A to C of the syntax has them, not beyond 35 */
const edifactId = z.string().regex(/^\S(.{0,33}\S)?$/, '1 to 35 characters, as in UNB');

/** UNB 0007 */
const edifactQualifier = z
  .string()
  .regex(/^[A-Z0-9]{0,4}$/, 'a code of up to 4 capital letters or digits, as in UNB 0007');

/** Who somebody is in EDIFACT: UNB S002/S003 */
export const edifactIdentity = z.strictObject({
  id: edifactId.describe('Interchange identification (UNB 0004, 0010).'),
  qualifier: edifactQualifier.default('').describe('Its qualifier (UNB 0007); empty when there is none.'),
});
