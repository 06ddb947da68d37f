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

/** struct io_uring_params (linux/io_uring.h) as 30 words; the offsets of the two rings follow the ten plain words. */
export const URING_PARAMS_WORDS = 30
export const URING_PARAMS_FLAGS = 2
export const URING_SQ_OFFSETS = 10
export const URING_CQ_OFFSETS = 20
/** Words inside struct io_sqring_offsets: head tail mask entries flags dropped array; io_cqring_offsets: head tail mask entries overflow cqes. */
export const URING_HEAD = 0
export const URING_TAIL = 1
export const URING_SQ_ARRAY = 6
export const URING_CQES = 5

/** struct io_uring_sqe, 64 bytes: opcode u8, flags u8, ioprio u16, fd s32, offset u64, address u64, length u32, flags u32, user data u64. */
export const SQE_SIZE = 64
export const SQE_OPCODE = 0
export const SQE_FLAGS = 1
export const SQE_FD = 4
export const SQE_ADDRESS = 16
export const SQE_LENGTH = 24
export const SQE_RW_FLAGS = 28
export const SQE_USER_DATA = 32

/** struct io_uring_cqe, 16 bytes: user data u64, result s32, flags u32. */
export const CQE_SIZE = 16
export const CQE_RESULT = 8
