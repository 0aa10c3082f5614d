/**
 * Where the SQL of the span store runs: the engine in this process, or a ClickHouse cluster. One dialect.
 */
export type SqlEngine = {
  /** Runs a statement; resolves with the result as Native blocks (empty for DDL). */
  query(sql: string): Promise<Uint8Array>
  /** Inserts a Native block; resolves when it is durable. */
  insertNative(table: string, columns: readonly string[], block: Uint8Array<ArrayBuffer>): Promise<void>
  close(): Promise<void>
}
