import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Test } from 'tap'
import { directoryOutside } from './outside.ts'

/** A server's key and certificate, PEM. */
export interface Certificate {
  readonly key: Buffer
  readonly cert: Buffer
}

/** An authority of the test's own. */
export interface Authority {
  /** Its certificate's file, for `server.tls.caFile`. */
  readonly caFile: string
  /** @param names as a certificate has them, e.g. `DNS:localhost,IP:127.0.0.1`; @param days valid from now on, negative: expired. */
  issue(names: string, days?: number): Certificate
}

/** Makes an authority with openssl, which every machine that runs these tests has. */
export function createAuthority(t: Test): Authority {
  const folder = directoryOutside(t, {})
  const file = (name: string) => path.join(folder, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=test authority',
    '-days',
    '30',
  )
  return {
    caFile: file('ca.pem'),
    issue(names, days = 30) {
      writeFileSync(file('names'), `subjectAltName=${names}`)
      openssl('req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=server')
      const issuer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names']
      openssl('x509', '-req', '-in', 'server.csr', ...issuer, '-days', String(days), '-out', 'server.pem')
      return { key: readFileSync(file('server.key')), cert: readFileSync(file('server.pem')) }
    },
  }
}
