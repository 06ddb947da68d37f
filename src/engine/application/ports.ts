import { FTP } from '../../service/service.js'

/** Virtual ports of TCP whose connections have an application; apart, so that whoever opens connections need not know it. */
export const hasApplication = (port: number): boolean => port === FTP
