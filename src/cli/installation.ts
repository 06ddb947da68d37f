/** Where this program is installed, and how the rest of it is loaded: code from a cache (bin/start.cjs) cannot import. */
export interface Installation {
  root: string
  import(url: string): Promise<unknown>
}
