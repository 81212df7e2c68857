import { networkInterfaces } from 'node:os'
import type { Part } from '../schemas.ts'

/** Interfaces that have an address, as Node.js tells of them on every platform. */
export function network(): Promise<Part<'network'>> {
  const interfaces = Object.entries(networkInterfaces()).map(([name, addresses = []]) => ({
    name,
    mac: addresses[0]?.mac ?? '',
    internal: addresses[0]?.internal ?? false,
    addresses: addresses.map(({ address, cidr }) => cidr ?? address),
  }))
  return Promise.resolve({ interfaces })
}
