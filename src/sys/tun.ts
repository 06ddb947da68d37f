/**
 * The kernel's TUN driver: a network device whose other end is a file descriptor (drivers/net/tun.c).
 *
 * Every packet is preceded by a virtio_net_hdr, which carries checksum and segmentation offload both ways.
 */
import { closeSync, constants, openSync } from 'node:fs'
import { Failure } from '../failure/failure.js'
import { IFNAMSIZ, IFREQ_SIZE, VNET_HEADER } from './layout.js'
import { addressOf, errno, ioctl, systemFailure } from './libc.js'

const DEVICE = '/dev/net/tun'

const TUNSETIFF = 0x400454ca
const TUNSETPERSIST = 0x400454cb
const TUNSETOFFLOAD = 0x400454d0
const TUNSETVNETHDRSZ = 0x400454d8

const IFF_TUN = 0x0001
const IFF_NO_PI = 0x1000
const IFF_VNET_HDR = 0x4000

/** TUN_F_CSUM, TSO4, TSO6, TSO_ECN; and USO4, USO6, which only kernels since 6.2 know. */
const SEGMENTATION = 0x0f
const UDP_SEGMENTATION = 0x60

/**
 * Attaches to the TUN device of this name, which is made if it does not exist, without blocking reads.
 * One process at a time may hold it. Fails with no-tun, permission, already-running.
 */
export function openTun(name: string): number {
  const fd = openDevice()
  try {
    attach(fd, name)
    setOffload(fd)
    return fd
  } catch (failure) {
    closeSync(fd)
    throw failure
  }
}

/** Makes the device stay when its descriptor is closed, or go with it. */
export function setPersistent(fd: number, persistent: boolean): void {
  if (ioctl(fd, TUNSETPERSIST, persistent ? 1 : 0) < 0) throw systemFailure('TUNSETPERSIST')
}

function openDevice(): number {
  try {
    return openSync(DEVICE, constants.O_RDWR | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM')
      throw new Failure('permission', `${DEVICE} may not be opened by this user: chmod 666 ${DEVICE}, or run as root`)
    throw new Failure('no-tun', `${DEVICE} cannot be opened (${code}): modprobe tun, or give the container that device`)
  }
}

function attach(fd: number, name: string): void {
  const ifreq = new ArrayBuffer(IFREQ_SIZE)
  new TextEncoder().encodeInto(name, new Uint8Array(ifreq, 0, IFNAMSIZ - 1))
  new DataView(ifreq).setUint16(IFNAMSIZ, IFF_TUN | IFF_NO_PI | IFF_VNET_HDR, true)
  if (ioctl(fd, TUNSETIFF, addressOf(ifreq)) < 0) throw attachFailure(name)
  const size = new Int32Array([VNET_HEADER])
  if (ioctl(fd, TUNSETVNETHDRSZ, addressOf(size)) < 0) throw systemFailure('TUNSETVNETHDRSZ')
}

function attachFailure(name: string): Failure {
  const failure = systemFailure(`attaching to ${name}`)
  switch (failure.facts.errno) {
    case 'EBUSY':
      return new Failure('already-running', `${name} is held by another process: is a director running here?`)
    case 'EPERM':
      return new Failure('permission', `${name} needs CAP_NET_ADMIN: run as root, or inside unshare -Urnm`)
    case 'EINVAL':
      return new Failure('no-tun', `an interface ${name} exists that is no TUN device of fullnat: ip link del ${name}`)
    default:
      return failure
  }
}

function setOffload(fd: number): void {
  if (ioctl(fd, TUNSETOFFLOAD, SEGMENTATION | UDP_SEGMENTATION) === 0) return
  if (ioctl(fd, TUNSETOFFLOAD, SEGMENTATION) < 0) throw systemFailure('TUNSETOFFLOAD', errno())
}
