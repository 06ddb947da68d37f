/** What ipvsadm says of a Failure: the kernel's errno in ipvsadm's words (its libipvs). */
import type { FailureView } from '../../api/routes.js'
import { Refusal } from './refusal.js'

type Code = FailureView['code']

const INVALID = 'Invalid operation.  Possibly wrong module version, address not unicast, ...'

const TEXT: Partial<Record<Code, string>> = {
  'service-exists': 'Service already exists',
  'service-missing': 'No such service',
  'service-undefined': 'Service not defined',
  'destination-exists': 'Destination already exists',
  'destination-missing': 'No such destination',
  'scheduler-missing': 'Scheduler or persistence engine not found',
  'out-of-range': 'Numerical result out of range',
  'address-not-unicast': INVALID,
  'family-unsupported': INVALID,
  'daemon-exists': 'Daemon has already run',
  'daemon-missing': 'No daemon is running',
  'interface-missing': 'No such device',
}

/** The director's own failures speak for themselves. */
export const failureText = ({ code, message }: Pick<FailureView, 'code' | 'message'>): string => TEXT[code] ?? message

/** No director can be had, as where IPVS is not in the kernel. */
export const unavailable = (failure: Pick<FailureView, 'code' | 'message'>): Refusal =>
  new Refusal(`Can't initialize ipvs: ${failure.message}`)
