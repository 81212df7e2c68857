import { registerHooks } from 'node:module'

const SDK = '@gururmm/plugin-sdk'

/**
 * Lets plugins anywhere on the disk import the SDK without having it installed: this process resolves its name to one copy, so
 * that contract and agent never differ.
 *
 * @param url of that copy.
 * @returns takes it back.
 */
export function provideSdk(url: string): () => void {
  const hooks = registerHooks({
    resolve: (specifier, context, nextResolve) =>
      specifier === SDK ? { url, shortCircuit: true } : nextResolve(specifier, context),
  })
  return () => hooks.deregister()
}
