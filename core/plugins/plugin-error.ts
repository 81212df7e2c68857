import type { ErrorCode } from '@gururmm/plugin-sdk'

/** Why a plugin can't be used; its message names the plugin and the likely cause in one plain sentence. */
export interface PluginError extends Error {
  readonly name: 'PluginError'
  readonly code: ErrorCode
}

/** @param message one sentence, or lines of Node.js; a sentence may end with what a plugin said, and gets a full stop where that has none. */
export function pluginError(code: ErrorCode, message: string, cause?: unknown): PluginError {
  const sentence = /[.?!]$|\n/.test(message) ? message : `${message}.`
  return Object.assign(new Error(sentence, { cause }), { name: 'PluginError', code } as const)
}

export function isPluginError(error: unknown): error is PluginError {
  return error instanceof Error && error.name === 'PluginError'
}

/** What a plugin threw, as part of a sentence: plugins throw anything. */
export function describeThrown(thrown: unknown): string {
  try {
    const text = thrown instanceof Error ? thrown.message : String(thrown)
    return text.replaceAll(/\s+/g, ' ').trim().slice(0, 500) || 'an error without a message'
  } catch {
    return 'something that cannot be shown'
  }
}
