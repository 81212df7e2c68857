import { CommandError } from '@gururmm/plugin-sdk'
import { readSecretFile } from './secret-file.ts'

export interface TokenOptions {
  /** `server.tokenFile`. */
  readonly file: string | null
  /** Default: the process's own. Holds GURURMM_TOKEN, which goes before the file. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Told each token before it is handed out, so that the log can mask it. */
  readonly onSecret?: (secret: string) => void
}

/**
 * Makes the function that gives the agent's token. Call it at each connect: the file is read anew, so that a token can be replaced while
 * the agent runs.
 *
 * The function throws a CommandError `SECRET_UNAVAILABLE` where neither GURURMM_TOKEN nor a file is configured, the file cannot be used,
 * or the token is not one line of printable ASCII.
 */
export function createTokenSource({ file, env = process.env, onSecret }: TokenOptions): () => Promise<string> {
  const given = env.GURURMM_TOKEN || undefined
  return async () => {
    const token = given ?? (await readTokenFile(file))
    if (!/^[\x21-\x7e]+$/.test(token))
      throw malformed(given === undefined ? `the file ${JSON.stringify(file)}` : 'GURURMM_TOKEN')
    onSecret?.(token)
    return token
  }
}

async function readTokenFile(file: string | null): Promise<string> {
  if (file !== null) return readSecretFile(file)
  const message =
    'The agent has no token: expected server.tokenFile in the config or GURURMM_TOKEN in the environment, found neither.'
  throw new CommandError('SECRET_UNAVAILABLE', message, { refused: true })
}

/** The token travels in an HTTP header, which takes no other characters. */
function malformed(source: string): CommandError {
  const message = `The token cannot be used: expected one line of printable characters without spaces, found another text in ${source}.`
  return new CommandError('SECRET_UNAVAILABLE', message, { refused: true })
}
