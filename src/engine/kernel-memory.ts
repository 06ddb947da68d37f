/** The memory that the engine shares with a program in the kernel, as mapped: an array map each (kernel-layout.ts). */
export interface KernelMemory {
  config: ArrayBuffer
  /** The index of the connection table. */
  tuples: ArrayBuffer
  destinations: ArrayBuffer
  traffic: ArrayBuffer
  services: ArrayBuffer
  serviceIndex: ArrayBuffer
  turns: ArrayBuffer
  rings: ArrayBuffer
  born: ArrayBuffer
  blocked: ArrayBuffer
  ended: ArrayBuffer
}
