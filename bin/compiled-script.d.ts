/** CommonJS code, ASCII only, as a script that {@link runCompiled} runs. */
export function asScript(code: string): string
export function runCompiled(file: string, folder: string): { readonly exports: unknown; readonly keep: () => void }
