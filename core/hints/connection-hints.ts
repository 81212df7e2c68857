/** What helps against a failed connection, by the code of its outage; undefined where nothing better than the message is known. */
export function connectionHint(code: string): string | undefined {
  return (
    HINTS[code] ?? (/^HTTP_3/.test(code) ? HINTS.REDIRECT : /^HTTP_5/.test(code) ? HINTS.SERVER_TROUBLE : undefined)
  )
}

const UNKNOWN_AUTHORITY = 'the certificate’s authority is not known here: name its file in server.tls.caFile'

const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: is the server up, and the port in server.url right?',
  ENOTFOUND: 'the name does not exist: check the host in server.url and this machine’s DNS',
  EAI_AGAIN: 'the name could not be looked up: check this machine’s DNS',
  ETIMEDOUT: 'no answer: a firewall may swallow the packets',
  CONNECT_TIMEOUT: 'something answers but does not finish: a proxy or firewall between, or another kind of server?',
  EHOSTUNREACH: 'no route to the host: check this machine’s network',
  ENETUNREACH: 'no network: check this machine’s connection',
  ECONNRESET: 'the other side cut the connection: a proxy, or a server that expects TLS (wss://)?',
  EPROTO: 'TLS could not be agreed: does the server speak TLS at this port?',
  CERT_HAS_EXPIRED: 'the server’s certificate has expired: renew it, and check this machine’s clock',
  CERT_NOT_YET_VALID: 'the server’s certificate is not valid yet: check this machine’s clock',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name: check the host in server.url',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate signed itself: name its file in server.tls.caFile',
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  HTTP_401: 'it does not know the token: check server.tokenFile',
  HTTP_403: 'it knows the token but does not let this agent in',
  HTTP_404: 'check the path in server.url',
  HTTP_407: 'a proxy between wants a login',
  HTTP_426: 'check that server.url is the agents’ WebSocket address',
  HTTP_200: 'check that server.url is the agents’ WebSocket address',
  REDIRECT: 'redirects are not followed: put the final address into server.url',
  SERVER_TROUBLE: 'it has trouble of its own, or a proxy before it has lost it',
}
