/** The memory that the engine shares with a program in the kernel, as mapped: an array map each (kernel-layout.ts). */
export interface KernelMemory {
  config: ArrayBuffer
  /** The index of the connection table. */
  tuples: ArrayBuffer
  destinations: ArrayBuffer
  traffic: ArrayBuffer
}
