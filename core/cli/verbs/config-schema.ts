import { schemaDocument } from '../../config/schema-document.ts'
import { EXIT } from '../exit-codes.ts'

/** `config schema`. */
export async function act(): Promise<number> {
  process.stdout.write(schemaDocument())
  return EXIT.ok
}
