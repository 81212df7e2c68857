export declare const CLAUDE_CLI_VERSION: string
export declare const DEFAULT_FOLDER: string
export declare function findClaudeCli(folder?: string): Promise<string | null>
export declare function ensureClaudeCli(options?: { folder?: string; say?: (line: string) => void }): Promise<string>
