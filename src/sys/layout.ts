/** Layouts of the structs that cross into the kernel, in one place: sizes and offsets in bytes, 64-bit Linux. */

/** struct ifreq (linux/if.h): name[16], then a union of 24 bytes whose first two are the flags. */
export const IFNAMSIZ = 16
export const IFREQ_SIZE = 40

/** struct pollfd (poll(2)): descriptor s32, asked events u16, returned events u16. */
export const POLLIN = 1

/** struct virtio_net_hdr (linux/virtio_net.h), 10 bytes, in the machine's order: little-endian on x64 and arm64. */
export const VNET_HEADER = 10
export const VNET_FLAGS = 0
export const VNET_GSO_TYPE = 1
export const VNET_HEADER_LENGTH = 2
export const VNET_GSO_SIZE = 4
export const VNET_CHECKSUM_START = 6
export const VNET_CHECKSUM_OFFSET = 8
